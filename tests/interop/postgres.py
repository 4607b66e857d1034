"""A PostgreSQL of the tests' own, reached by a socket in a folder of its own, and `psql` to ask it with."""

import os
import pwd
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from program import ENVIRONMENT

SECONDS = 60
# The first whose extract is exact.
VERSION = 14


def command(name):
    """The path of a program of PostgreSQL's, if it is here: Debian keeps those of the server out of the PATH."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(kept[-1]) if kept else None)


def missing():
    """What is not here of what is needed, if something is."""
    for name in ["initdb", "postgres", "psql"]:
        if command(name) is None:
            return name
    said = subprocess.run([command("postgres"), "--version"], capture_output=True, text=True, timeout=SECONDS).stdout
    return None if int(re.search(r"\d+", said)[0]) >= VERSION else f"version {VERSION}"


def lowly():
    """As whom it runs: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}


@contextmanager
def served(folder):
    """Serves an empty PostgreSQL that keeps all it has below the folder; gives what runs a script of psql's."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    folder.chmod(0o755)
    user = lowly()
    if user:
        shutil.chown(data, user["user"], user["group"])
    quiet = {"env": ENVIRONMENT, "cwd": data, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **user}
    setting = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run([command("initdb"), "--pgdata", data, *setting], check=True, timeout=SECONDS, **quiet)
    # Its clock is not at UTC, as a user's may not be.
    options = ["listen_addresses=", f"unix_socket_directories={data}", "fsync=off", "timezone=America/New_York"]
    options = [f"--{option}" for option in options]
    serving = subprocess.Popen([command("postgres"), "-D", data, *options], stderr=subprocess.DEVNULL, **quiet)

    def psql(*arguments, script=""):
        return subprocess.run(
            [command("psql"), "--no-psqlrc", "--quiet", "--host", data, "--username", "postgres", *map(str, arguments)],
            env=ENVIRONMENT, input=script, capture_output=True, text=True, timeout=SECONDS,
        )

    try:
        give_up = time.monotonic() + SECONDS
        while (answer := psql("--command", "SELECT 1")).returncode != 0:
            assert serving.poll() is None and time.monotonic() < give_up, answer.stderr
            time.sleep(0.1)
        yield psql
    finally:
        serving.terminate()
        serving.wait(timeout=SECONDS)
