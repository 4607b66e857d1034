"""Runs the program with an object store, in an environment of its own, and checks that it never shows a secret."""

import hashlib
import itertools
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from program import TOKEN
from stores import forms

SECONDS = 120
NUMBERS = itertools.count(1)
AS_FAST_AS_POSSIBLE = ["--rate", "10000"]


@dataclass
class Done:
    """How a run has ended."""

    command: str
    code: int
    stdout: str
    stderr: str
    seconds: float

    def ends_with(self, code, *words):
        """Checks the exit code, and that stderr has some words. Returns the run."""
        assert self.code == code, f"exit {self.code}, not {code}, from {self.command}\n{self.stderr}"
        missing = [word for word in words if word not in self.stderr]
        assert not missing, f"no {missing} in what {self.command} says:\n{self.stderr}"
        return self


class Running:
    """A process that has been started, and the files that it writes besides the export."""

    def __init__(self, command, environment, secrets, files):
        self.command, self.secrets, self.files = " ".join(map(str, command[1:])), secrets, files
        self.start = time.monotonic()
        # Into files, not pipes: nobody reads them while the process is stopped.
        self.outputs = [open(file, "w+", encoding="utf-8", errors="replace") for file in files[:2]]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self.outputs[0], stderr=self.outputs[1],
        )

    def done(self, seconds=SECONDS):
        """Waits for its end, and checks that no secret is in what it has written."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no end after {seconds} s: {self.command}\n{self.files[1].read_text(errors='replace')}") from None
        taken = time.monotonic() - self.start
        for output in self.outputs:
            output.close()
        for file in self.files:
            if file.exists():
                shows_no(self.secrets, file.read_text(errors="replace"), f"{file.suffix} of {self.command}")
        stdout, stderr = (file.read_text(errors="replace") for file in self.files[:2])
        return Done(self.command, self.process.returncode, stdout, stderr, taken)


def shows_no(secrets, text, what):
    for secret in secrets:
        shown = [form for form in forms(secret) if form in text]
        assert not shown, f"a secret is in {what}"


class Remote:
    """The program with one store, through one endpoint, and with the API at a base URL."""

    def __init__(self, program, folder, store, api, endpoint=None, environment=None):
        self.program, self.folder, self.store, self.api = Path(program).resolve(), folder, store, api
        chosen = store.environment(endpoint or store.endpoint) if environment is None else environment
        # Nothing else: no other keys, no proxy, no home directory with a configuration.
        self.environment = {"HOME": str(folder), "TMPDIR": str(folder), "LINQ_INTEGRATION_TOKEN": TOKEN, **chosen}
        self.secrets = [*store.secrets, TOKEN]

    def through(self, proxy, api=None):
        """The same through a proxy to the store."""
        proxy.secrets = self.secrets
        return Remote(self.program, self.folder, self.store, api or self.api, proxy.url)

    def start(self, *arguments):
        files = self.scratch("stdout", "stderr")
        return Running([self.program, *map(str, arguments)], self.environment, self.secrets, files)

    def starts_export(self, output, *options):
        """Starts an export, with a log and a report to look for secrets in."""
        files = self.scratch("stdout", "stderr", "report", "prom")
        records = ["-vv", "--report", files[2], "--metrics-file", files[3]]
        given = ["contacts", "--base-url", self.api, *AS_FAST_AS_POSSIBLE, *records, *options, "-o", output]
        return Running([self.program, *map(str, given)], self.environment, self.secrets, files)

    def scratch(self, *endings):
        number = next(NUMBERS)
        return [self.folder / f"run-{number}.{ending}" for ending in endings]

    def run(self, *arguments):
        return self.start(*arguments).done()

    def export(self, output, *options):
        return self.starts_export(output, *options).done().ends_with(0)

    def verify(self, url):
        return self.run("verify", url).ends_with(0)


def sha256(body):
    return hashlib.sha256(body).hexdigest()


def files(manifest):
    """What a manifest says of its files: the SHA-256 by name, relative to the export."""
    owners = manifest["owners"] and manifest["owners"].get("file")
    told = [manifest["file"], *manifest["parts"], owners]
    return {file["name"]: file["sha256"] for file in told if file}


def expected_keys(bucket, path):
    """The keys that an export leaves, and nothing else: those that its manifest names, and its own."""
    if path.endswith("/"):
        own = {f"{path}_manifest.json", f"{path}_SUCCESS"}
        return own | {path + name for name in files(bucket.json(f"{path}_manifest.json"))}
    folder = path.rpartition("/")[0]
    names = files(bucket.json(f"{path}.manifest.json"))
    return {f"{path}.manifest.json"} | {f"{folder}/{name}".lstrip("/") for name in names}


def leaves_only(bucket, *paths):
    """Checks that a bucket has the files of some exports, with the contents that their manifests say, and no more."""
    wanted = set().union(*(expected_keys(bucket, path) for path in paths))
    found = set(bucket.keys())
    assert found == wanted, f"left behind: {sorted(found - wanted)}; missing: {sorted(wanted - found)}"
    assert not bucket.uploads(), f"open uploads: {bucket.uploads()}"
    for path in paths:
        whole(bucket, path)


def whole(bucket, path):
    """Checks the contents of an export against its manifest. Returns the manifest."""
    folder = path if path.endswith("/") else f"{path.rpartition('/')[0]}/".lstrip("/")
    manifest = bucket.json(f"{path}_manifest.json" if path.endswith("/") else f"{path}.manifest.json")
    for name, wanted in files(manifest).items():
        body = bucket.get(folder + name)
        assert body is not None, f"{folder}{name} is missing"
        assert sha256(body) == wanted, f"{folder}{name} does not match the manifest"
    return manifest


def pending_manifest(bucket, key):
    """The manifest in a pending record; `None` if there is no record."""
    text = bucket.get(key)
    if text is None:
        return None
    found = [manifest for manifest in manifests_in(json.loads(text))]
    assert len(found) == 1, f"{len(found)} manifests in the pending record: {text[:1000]}"
    return found[0]


def manifests_in(value):
    """The manifests anywhere in a JSON value, as objects or as text."""
    if isinstance(value, dict) and "format_version" in value and "completeness" in value:
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from manifests_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from manifests_in(inner)
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            yield from manifests_in(json.loads(value))
        except ValueError:
            pass
