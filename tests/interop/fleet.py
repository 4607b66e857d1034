"""Three organizations with profiles: two on a sandbox, and one whose token it rejects."""

from contextlib import ExitStack, contextmanager
from pathlib import Path

from program import ENVIRONMENT, TOKEN


class Fleet:
    names = ["north", "south", "stranger"]

    def __init__(self, program, home):
        self.program, self.home = program, Path(home)
        self.reports = self.home / "exports"

    def __enter__(self):
        self.stack = ExitStack()
        url = self.stack.enter_context(self.program.sandbox(2500))
        self.program = self.program.path
        for name in self.names:
            (self.reports / name).mkdir(parents=True)
            self.token(name).write_text(TOKEN if name != "stranger" else "stranger-token")
            self.token(name).chmod(0o600)
        self.configure(url)
        self.environment = ENVIRONMENT | {
            "LINQ_EXPORT_CONFIG": str(self.config),
            "LINQ_EXPORT_PROGRAM": str(self.program),
            "LINQ_EXPORT_REPORTS": str(self.reports),
            "HOME": str(self.home),
        }
        return self

    def __exit__(self, *raised):
        self.stack.__exit__(*raised)

    @property
    def config(self):
        return self.home / "config.toml"

    def token(self, name):
        return self.home / f"{name}.token"

    def configure(self, url, *more):
        self.url = url
        profiles = "".join(
            f'[profile.{name}]\nbase-url = "{url}"\ntoken-file = "{self.token(name)}"\n' for name in self.names
        )
        lines = [
            f'output = "{self.reports}/{{profile}}/contacts.parquet"', f'report = "{self.reports}/{{profile}}/report.json"',
            'rate = 1000', 'backoff = "1ms"', 'max-outage = "1ms"', "quiet = true", *more,
        ]
        self.config.write_text("[defaults]\n" + "\n".join(lines) + "\n" + profiles)
        self.config.chmod(0o600)

    @contextmanager
    def down(self):
        """Nobody answers at the URL of the API meanwhile."""
        url = self.url
        self.configure("http://127.0.0.1:1")
        try:
            yield
        finally:
            self.configure(url)
