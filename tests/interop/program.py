"""The program under test: exports made with it, and its sandbox served for as long as a block lasts."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

TOKEN = "sandbox-token"
# Nothing of the caller's environment may turn a test into something else.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("LINQ_", "LINQ_EXPORT_"))}
SECONDS = 180


class Program:
    """`linq-export`, as a path."""

    def __init__(self, path):
        self.path = Path(path).resolve()

    def export(self, output, *options):
        """Exports to `output`; returns what was said on standard error."""
        # One export replaces another of other contacts, which nobody deleted.
        environment = ENVIRONMENT | {"LINQ_INTEGRATION_TOKEN": TOKEN, "LINQ_EXPORT_MAX_DELETES": "100%"}
        done = subprocess.run(
            [self.path, "contacts", "--rate", "10000", *map(str, options), "-o", output],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
        )
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
        return done.stderr

    def says(self, *arguments):
        """What a command prints that asks no server."""
        return subprocess.run(
            [self.path, *map(str, arguments)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=True, timeout=SECONDS,
        ).stdout

    @contextmanager
    def sandbox(self, contacts):
        """Serves a sandbox of so many contacts; gives its base URL."""
        serving = subprocess.Popen(
            [self.path, "sandbox", "--contacts", str(contacts)],
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        try:
            yield serving.stdout.readline().strip()
        finally:
            serving.terminate()
            serving.communicate(timeout=10)
