"""nginx as a reverse proxy with rate limits: the installed one, or Debian's package, unpacked into the user's cache."""

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack, contextmanager

import debian
from program import ENVIRONMENT

SECONDS = 60

# The paths that Debian's build would otherwise use need root.
CONFIG = """
daemon off;
pid nginx.pid;
error_log error.log warn;
events {{}}
http {{
    client_body_temp_path client; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    log_format status $status;
    proxy_http_version 1.1;
    # As root, workers run as another user, who may not write here.
    proxy_max_temp_file_size 0;
    proxy_set_header Connection "";
    {servers}
}}
"""
SERVER = """
    limit_req_zone $binary_remote_addr zone={name}:1m rate={rate}r/s;
    server {{
        listen 127.0.0.1:{port};
        access_log {name}.log status;
        limit_req zone={name} {burst};
        limit_req_status {status};
        limit_req_log_level info;
        location / {{ proxy_pass {upstream}; }}
    }}
"""


def program():
    """The path of nginx, downloaded if it is not installed; `None` if it cannot be had or does not start."""
    there = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if there is None and (package := debian.unpacked("nginx")):
        there = str(package / "usr" / "sbin" / "nginx")
    works = there and subprocess.run([there, "-v"], capture_output=True, timeout=SECONDS).returncode == 0
    return there if works else None


@contextmanager
def limiting(nginx, upstream, folder, limits):
    """Runs nginx with a server per limit: its name, and the rate per second, the burst and the status that refuses.

    Yields the base URL of each server by name. Once it has ended, `NAME.log` in the directory has the status of each response.
    """
    with ExitStack() as stack:
        # nginx inherits listening sockets, so ports are free and accept connections before it has started.
        sockets = {name: stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128)) for name in limits}
        ports = {name: listening.getsockname()[1] for name, listening in sockets.items()}
        servers = "".join(
            SERVER.format(
                name=name, port=ports[name], rate=rate, status=status, upstream=upstream,
                burst=f"burst={burst} nodelay" if burst else "",
            )
            for name, (rate, burst, status) in limits.items()
        )
        (folder / "nginx.conf").write_text(CONFIG.format(servers=servers))
        inherited = [listening.fileno() for listening in sockets.values()]
        serving = subprocess.Popen(
            [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", "error.log"], pass_fds=inherited,
            env=ENVIRONMENT | {"NGINX": "".join(f"{number};" for number in inherited)}, stdin=subprocess.DEVNULL,
        )
        try:
            yield {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
            assert serving.poll() is None, f"nginx has ended with {serving.returncode}: {(folder / 'error.log').read_text()}"
        finally:
            serving.terminate()
            serving.wait(timeout=SECONDS)
