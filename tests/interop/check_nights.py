"""Loads three nights of exports with the kits' load scripts, and what goes wrong in them, in one warehouse.

    python tests/interop/check_nights.py target/debug/linq-export duckdb
    python tests/interop/check_nights.py target/debug/linq-export postgres
    python tests/interop/check_nights.py target/debug/linq-export bigquery

DuckDB is its command line, which requirements-nights.txt names, as well as shellcheck; BigQuery is the emulator. Exits with 77 if
something is missing. Prints how many checks passed, and exits with 1 if one failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import checks
import nights
import postgres
from program import ENVIRONMENT, Program

NOT_HERE = 77
SECONDS = 120


class Warehouse:
    """What all of them have in common: the script, run as a scheduler runs it."""

    table, text, arguments = '"crm".contacts', "VARCHAR", []
    checks = [check for name, check in vars(nights).items() if name.startswith("check_")]

    def __init__(self, script, environment):
        self.script, self.environment = script, environment

    def load(self, kit):
        return subprocess.run(
            ["sh", kit / self.script, *self.arguments], cwd="/", env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=SECONDS,
        )

    def reset(self):
        self.drop()
        self.run("CREATE SCHEMA crm")

    def drop(self):
        self.run("DROP SCHEMA IF EXISTS crm CASCADE")

    def ask(self, query):
        return self.run(query).strip()

    def command(self, *words):
        done = subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout


class DuckDb(Warehouse):
    formats = [
        ("contacts.parquet", []),
        ("contacts.csv.gz", []),
        ("contacts/", ["--rows-per-file", "100"]),
        ("partitions/", ["--partition", "run_date=2026-01-31", "--format", "ndjson", "--compression", "zstd"]),
    ]

    def __init__(self, folder, environment):
        super().__init__("load-duckdb.sh", environment)
        self.arguments = [folder / "linq's.duckdb"]

    def run(self, statement):
        return self.command("duckdb", "-bail", "-list", "-noheader", *self.arguments, statement)


class PostgreSql(Warehouse):
    formats = [
        ("contacts.ndjson", []),
        ("contacts.csv.gz", []),
        ("contacts/", ["--format", "ndjson", "--rows-per-file", "100"]),
        ("partitions/", ["--partition", "run_date=2026-01-31", "--format", "ndjson", "--compression", "zstd"]),
    ]

    def __init__(self, folder, environment):
        there = {"PGHOST": str(folder / "data"), "PGUSER": "postgres", "PGDATABASE": "postgres"}
        super().__init__("load-postgres.sh", environment | there)

    def run(self, statement):
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        return self.command(postgres.command("psql"), *options, "--command", statement)


class BigQuery(Warehouse):
    formats = [("contacts.parquet", [])]
    table, text = "`crm`.contacts", "STRING"
    # Each run of the script takes several seconds.
    checks = [
        nights.check_three_nights_end_equal, nights.check_what_others_changed_is_repaired,
        nights.check_damaged_files_are_not_loaded, nights.check_below_complete_nothing_is_deleted,
    ]

    def __init__(self, client, environment):
        super().__init__("load-bigquery.sh", environment)
        self.client = client

    def run(self, statement):
        rows = [list(row.values()) for row in self.client.query(statement).result()]
        return str(rows[0][0]) if rows else ""

    def drop(self):
        self.client.delete_dataset("crm", delete_contents=True, not_found_ok=True)

    def reset(self):
        self.drop()
        self.client.create_dataset("crm")


@contextmanager
def duckdb(folder, environment):
    yield DuckDb(folder, environment) if shutil.which("duckdb", path=environment["PATH"]) else None


@contextmanager
def postgresql(folder, environment):
    if postgres.missing() or not shutil.which("zstd"):
        yield None
        return
    with postgres.served(folder):
        yield PostgreSql(folder, environment)


@contextmanager
def bigquery(folder, environment):
    import emulator

    with emulator.served(folder) as url:
        # This one has the wrapper of bq in its PATH.
        of_bq = emulator.bq_environment(url, folder)
        path = of_bq and f"{environment['PATH'].split(os.pathsep)[0]}{os.pathsep}{of_bq['PATH']}"
        yield BigQuery(emulator.client(url), of_bq | {"PATH": path}) if of_bq else None


def check_the_scripts_are_clean(program, warehouse, folder):
    linter = shutil.which("shellcheck", path=warehouse.environment["PATH"])
    if linter is None:
        return
    for deletes in [[], ["--kit-deletes"]]:
        kit = folder / f"kit{len(deletes)}"
        for output in ["a.parquet", "a.ndjson"]:
            program.export(folder / output, "--sandbox", "--limit", "3", *nights.KIT, *deletes, "--kit", kit)
            warehouse.command(linter, *sorted(map(str, kit.glob("*.sh"))))


def main():
    program, kind = Program(sys.argv[1]), sys.argv[2]
    own = [str(program.path.parent), str(Path(sys.executable).parent), ENVIRONMENT["PATH"]]
    environment = ENVIRONMENT | {"PATH": os.pathsep.join(own)}
    serve = {"duckdb": duckdb, "postgres": postgresql, "bigquery": bigquery}[kind]
    with tempfile.TemporaryDirectory() as served, serve(Path(served), environment) as warehouse:
        if warehouse is None:
            print(f"not here: {kind}")
            return NOT_HERE
        names = {check.__name__: check for check in [*warehouse.checks, check_the_scripts_are_clean]}
        with tempfile.TemporaryDirectory() as folder:
            return checks.run(names, program, warehouse, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
