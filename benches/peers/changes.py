"""Measures `linq-export changes` beside DuckDB's full outer join, which compare the same two exports.

    python benches/peers/changes.py target/dist/linq-export [--contacts N] [--rounds K]

Between the exports, the sandbox deletes and inserts 1 % of the contacts and updates 2.5 %. In each round both run once, in turn,
and must find equal numbers of changes. Prints a Markdown table of medians.
Exits with 1 if one of them failed, or their changes differ, and with 77 if DuckDB cannot be installed.
"""

import argparse
import http.client
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from statistics import median

from run import CHECKER, ENVIRONMENT, HERE, NOT_HERE, TOKEN, Program, environment, imports, measured

# The most writes that one request for a page can apply.
WRITES_PER_REQUEST = 100
COUNTS = "select change_type, count(*) from read_parquet('{}') group by all order by all"


@contextmanager
def sandbox(program, port, contacts, churn):
    """A sandbox on this port, so that all exports have the same source."""
    serving = subprocess.Popen(
        [program.path, "sandbox", "--port", str(port), "--contacts", str(contacts), "--churn", churn],
        env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        yield serving.stdout.readline().strip()
    finally:
        serving.terminate()
        serving.communicate(timeout=10)


def write(port, writes):
    """Requests pages until all writes have been applied."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(2 * writes // WRITES_PER_REQUEST + 10):
        connection.request("GET", "/api/partner/v2/contacts?per_page=1", headers={"X-LINQ-INTEGRATION-TOKEN": TOKEN})
        connection.getresponse().read()


def exports(program, folder, contacts):
    """Exports the list before and after it changed."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    writes = contacts * 45 // 1000
    old, new = folder / "old.parquet", folder / "new.parquet"
    for file, churn in (old, "0"), (new, f"{WRITES_PER_REQUEST},delete=2,insert=2,update=5,stop-after={writes}"):
        with sandbox(program, port, contacts, churn) as base_url:
            if file == new:
                write(port, writes)
            program.export(file, "--base-url", base_url, "--require", "complete", rate="unlimited")
    return old, new


def counts(python, file):
    """The number of changes of each type."""
    script = f"import duckdb; print(duckdb.sql({COUNTS.format(file)!r}).fetchall())"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked, python = parser.parse_args(), environment()
    if not imports(python, CHECKER):
        print(f"SKIPPED: {CHECKER} cannot be installed")
        return NOT_HERE
    program = Program(asked.program)
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        old, new = exports(program, folder, asked.contacts)
        commands = {
            "linq-export changes": [program.path, "changes", old, new, "-q", "-o", folder / "ours.parquet"],
            "DuckDB, full outer join": [python, HERE / "duckdb_changes.py", old, new, folder / "theirs.parquet"],
        }
        figures = {name: [] for name in commands}
        for _ in range(asked.rounds):
            for name, command in commands.items():
                code, *run = measured(command, folder)
                if code != 0:
                    print(f"{name}: exit {code}: {(folder / 'log').read_text(errors='replace').strip()}")
                    return 1
                figures[name].append(run)
        found = [counts(python, folder / name) for name in ("ours.parquet", "theirs.parquet")]
    print(f"\n{asked.contacts:,} contacts, {found[0]}, medians of {asked.rounds} rounds:\n")
    print("| | CPU s | wall s | peak MiB |", "|---|---|---|---|", sep="\n")
    for name, runs in figures.items():
        cpu, wall, peak = (median(of) for of in zip(*runs))
        print(f"| {name} | {cpu:.2f} | {wall:.1f} | {peak:,.0f} |")
    if found[0] != found[1]:
        print(f"the changes differ: {found[1]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
