"""Measures linq-export beside what could be used instead, each reading the same contacts from the same sandbox.

    python benches/peers/run.py target/dist/linq-export [--contacts N] [--rounds K] [--only NAME …]
    python benches/peers/run.py target/dist/linq-export --limits

The sandbox runs in a process of its own and answers at once. In each round every contender runs once, in turn. Each result is
checked: it must have every contact, with the values that linq-export wrote. Prints a Markdown table of medians. Packages are
installed into a virtual environment in the user's cache; a contender that cannot be installed is skipped, which is said.
Exits with 1 if a contender failed or lost contacts, and with 77 if no result could be checked. With `--limits`, measures the bare
parts of an export instead (limits.py).
Not part of the gate: 1,000,000 contacts take up to ten minutes.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import astuple, dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "interop"))

from program import ENVIRONMENT, TOKEN, Program  # noqa: E402

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linq-export"
WITH_TOKEN = ENVIRONMENT | {"LINQ_INTEGRATION_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1"}
# A contender that takes longer than this runs only once.
SLOW_SECONDS = 60
MOST_SECONDS = 1800
# What check.py needs.
CHECKER = "duckdb"
NOT_HERE = 77


@dataclass
class Contender:
    """A row of the table: a command, and the Python modules or programs that it needs."""

    name: str
    row: str
    command: list
    modules: list
    programs: list = field(default_factory=list)
    ending: str = "parquet"
    runs: list = field(default_factory=list)
    fault: str | None = None

    def missing(self, python):
        """What it needs and is not installed."""
        programs = [program for program in self.programs if shutil.which(program) is None]
        return ", ".join(programs + [module for module in self.modules if not imports(python, module)])

    def over(self):
        """Whether it needs no further run."""
        return self.fault is not None or any(run.wall > SLOW_SECONDS for run in self.runs)


@dataclass
class Run:
    cpu: float
    wall: float
    peak: float
    size: float


def contenders(program, python, base_url, ndjson):
    def script(name, source=base_url):
        return [python, HERE / f"{name}.py", source]

    rate = ["--rate", "unlimited", "--concurrency", "16"]
    own = [program, "contacts", "--quiet", "--base-url", base_url, *rate, "-o"]
    return [
        Contender("parquet", "linq-export, Parquet", own, []),
        Contender("ndjson", "linq-export, NDJSON", own, [], ending="ndjson"),
        Contender("csv", "linq-export, CSV", own, [], ending="csv"),
        Contender("chdb", "ClickHouse (chdb), `url()`", script("chdb_url"), ["chdb"]),
        Contender("asyncio", "asyncio script: aiohttp, pyarrow", script("asyncio_pyarrow"), ["aiohttp", "pyarrow"]),
        Contender("duckdb", "DuckDB, `read_json(urls)`", script("duckdb_http"), ["duckdb", "duckdb_extension_httpfs"]),
        Contender("curl", "curl, then DuckDB", script("curl_duckdb"), ["duckdb"], ["curl"]),
        Contender("dlt", "dlt, `rest_api`", script("dlt_rest_api"), ["dlt"]),
        Contender("local", "*DuckDB, from a local NDJSON file*", script("duckdb_ndjson", ndjson), ["duckdb"]),
    ]


def environment():
    """The Python of a virtual environment with the packages of requirements.txt, cached under the hash of that file."""
    requirements = HERE / "requirements.txt"
    venv = CACHE / f"venv-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    python, ready = venv / "bin" / "python", venv / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, "--requirement", requirements]).returncode == 0:
            ready.touch()
        else:
            # One package that cannot be had must not take the others along.
            for line in requirements.read_text().splitlines():
                if line and not line.startswith("#"):
                    subprocess.run([*pip, "--no-deps", line])
    return python


def imports(python, module):
    """Whether a module is installed."""
    return subprocess.run([python, "-c", f"import {module}"], env=ENVIRONMENT, stderr=subprocess.DEVNULL).returncode == 0


def chosen(known, only, python):
    """The contenders to run: those that were asked for, without those that cannot be installed."""
    names = [contender.name for contender in known]
    if unknown := set(only or []) - set(names):
        sys.exit(f"unknown contenders: {', '.join(unknown)}; available: {', '.join(names)}")
    asked = [contender for contender in known if not only or contender.name in only]
    for contender in asked:
        if missing := contender.missing(python):
            print(f"SKIPPED: {contender.name}: cannot be installed: {missing}", flush=True)
    return [contender for contender in asked if not contender.missing(python)]


def measured(command, folder):
    """Runs a command to its end. Returns its exit code, CPU time (with that of its children), wall time and peak memory."""
    start = time.monotonic()
    with open(folder / "log", "w+") as log:
        child = subprocess.Popen(
            command, cwd=folder, env=WITH_TOKEN, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )
        deadline = threading.Timer(MOST_SECONDS, child.kill)
        deadline.start()
        # Counts what its children used, too, once it has waited for them.
        _, status, usage = os.wait4(child.pid, 0)
        deadline.cancel()
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def size(target):
    """Bytes of the file, or of the Parquet files in a directory."""
    return sum(part.stat().st_size for part in ([target] if target.is_file() else target.rglob("*.parquet")))


def run(contender, folder, python, contacts, reference):
    """One run of a contender in a directory of its own, and the check of its result."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        target = Path(own, f"contacts.{contender.ending}")
        code, cpu, wall, peak = measured([*contender.command, target], Path(own))
        if code != 0:
            last = Path(own, "log").read_text(errors="replace").strip().splitlines()[-1:]
            contender.fault = f"exit {code}: {' '.join(last)[:200]}"
        else:
            check = subprocess.run(
                [python, HERE / "check.py", str(contacts), reference, target], env=WITH_TOKEN, stderr=subprocess.PIPE, text=True,
            )
            if check.returncode != 0:
                contender.fault = check.stderr.strip().splitlines()[-1]
            contender.runs.append(Run(cpu, wall, peak, size(target) / 1e6))
    outcome = contender.fault or f"{cpu:.2f} CPU s, {wall:.2f} s, {peak:.0f} MiB"
    print(f"{contender.name}: {outcome}", file=sys.stderr, flush=True)


def table(ran):
    yield "| | CPU s | wall s | peak MiB | file MB | runs |"
    yield "|---|---|---|---|---|---|"
    for contender in ran:
        if contender.runs:
            cpu, wall, peak, size = (median(figures) for figures in zip(*map(astuple, contender.runs)))
            name = contender.row + (f" ({contender.fault})" if contender.fault else "")
            yield f"| {name} | {cpu:.2f} | {wall:.1f} | {peak:,.0f} | {size:.1f} | {len(contender.runs)} |"
        else:
            yield f"| {contender.row} ({contender.fault}) | | | | | |"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limits", action="store_true", help="measure the bare parts of an export instead")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="names of contenders, such as duckdb")
    return parser.parse_args()


def main():
    asked, python = arguments(), environment()
    if not imports(python, CHECKER):
        print(f"SKIPPED: everything: {CHECKER}, which checks the results, cannot be installed")
        return NOT_HERE
    program = Program(asked.program)
    with tempfile.TemporaryDirectory() as own, program.sandbox(asked.contacts) as base_url:
        folder = Path(own)
        reference, ndjson = folder / "reference.parquet", folder / "reference.ndjson"
        for output in reference, ndjson:
            program.export(output, "--base-url", base_url, "--require", "complete", rate="unlimited")
        if asked.limits:
            return subprocess.run([python, HERE / "limits.py", base_url, reference], env=WITH_TOKEN).returncode
        ran = chosen(contenders(program.path, python, base_url, ndjson), asked.only, python)
        for _ in range(asked.rounds):
            for contender in ran:
                if not contender.over():
                    run(contender, folder, python, asked.contacts, reference)
    print(f"\n{asked.contacts:,} contacts, medians of up to {asked.rounds} rounds:\n", *table(ran), sep="\n")
    return 1 if any(contender.fault for contender in ran) else 0


if __name__ == "__main__":
    sys.exit(main())
