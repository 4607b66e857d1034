"""nginx as a reverse proxy with rate limits: the installed one, or Debian's package, unpacked into the user's cache."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from program import ENVIRONMENT

SECONDS = 60
DOWNLOAD_SECONDS = 300
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linq-export"

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
    there = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") or downloaded()
    works = there and subprocess.run([there, "-v"], capture_output=True, timeout=SECONDS).returncode == 0
    return there if works else None


def downloaded():
    """The path of nginx from Debian's package, cached; `None` if it cannot be downloaded. Needs apt, but not root."""
    kept = CACHE / "nginx"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as own:
            try:
                unpack(Path(own), Path(own) / "root")
                (Path(own) / "root").rename(kept)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"cannot download nginx: {error}", flush=True)
                return None
    return str(kept / "usr" / "sbin" / "nginx")


def unpack(own, root):
    """Downloads the package with package lists of its own, since only root may update the system's."""
    for folder in ["state/lists/partial", "cache/archives/partial"]:
        (own / folder).mkdir(parents=True)
    options = [f"Dir::State={own}/state", "Dir::State::status=/dev/null", f"Dir::Cache={own}/cache", "APT::Sandbox::User="]
    apt = ["apt-get", "--quiet", "--quiet", *(f"--option={option}" for option in options)]
    quiet = {"check": True, "cwd": own, "stdin": subprocess.DEVNULL, "timeout": DOWNLOAD_SECONDS}
    subprocess.run([*apt, "update"], **quiet)
    subprocess.run([*apt, "download", "nginx"], **quiet)
    subprocess.run(["dpkg", "--extract", *own.glob("nginx_*.deb"), root], **quiet)


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
