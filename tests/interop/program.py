"""The program under test: makes exports with it, and runs its sandbox as a context manager."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

TOKEN = "sandbox-token"
# The caller's environment must not change a test.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("LINQ_", "LINQ_EXPORT_"))}
SECONDS = 180


class Program:
    """The path of `linq-export`."""

    def __init__(self, path):
        self.path = Path(path).resolve()

    def export(self, output, *options, rate="10000"):
        """Exports to `output`, by default as fast as possible. Returns stderr."""
        # An export may replace one of other contacts, which then look deleted.
        environment = ENVIRONMENT | {"LINQ_INTEGRATION_TOKEN": TOKEN, "LINQ_EXPORT_MAX_DELETES": "100%"}
        done = subprocess.run(
            [self.path, "contacts", "--rate", rate, *map(str, options), "-o", output],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
        )
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
        return done.stderr

    def says(self, *arguments):
        """The stdout of a command that sends no requests."""
        return subprocess.run(
            [self.path, *map(str, arguments)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=True, timeout=SECONDS,
        ).stdout

    @contextmanager
    def sandbox(self, contacts, *options):
        """Runs a sandbox with N contacts. Yields its base URL."""
        serving = subprocess.Popen(
            [self.path, "sandbox", "--contacts", str(contacts), *options],
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        try:
            yield serving.stdout.readline().strip()
        finally:
            serving.terminate()
            serving.communicate(timeout=10)
