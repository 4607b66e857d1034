"""A PostgreSQL server for tests, reached through a socket in its own directory, and `psql` as its client."""

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
# The first version with an exact `extract`.
VERSION = 14


def command(name):
    """The path of a PostgreSQL program, if it is installed. Debian keeps the server's programs out of PATH."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(kept[-1]) if kept else None)


def missing():
    """What is missing, if anything is."""
    for name in ["initdb", "postgres", "psql"]:
        if command(name) is None:
            return name
    said = subprocess.run([command("postgres"), "--version"], capture_output=True, text=True, timeout=SECONDS).stdout
    return None if int(re.search(r"\d+", said)[0]) >= VERSION else f"version {VERSION}"


def lowly():
    """The user to run it as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}


@contextmanager
def served(folder):
    """Runs an empty PostgreSQL that stores everything in a directory. Yields a function that runs a psql script."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    folder.chmod(0o755)
    user = lowly()
    if user:
        shutil.chown(data, user["user"], user["group"])
    quiet = {"env": ENVIRONMENT, "cwd": data, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **user}
    setting = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run([command("initdb"), "--pgdata", data, *setting], check=True, timeout=SECONDS, **quiet)
    # A time zone other than UTC, as users have.
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
