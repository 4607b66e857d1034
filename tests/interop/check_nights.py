#!/usr/bin/env python3
"""Three nights in a row: contacts change and are deleted, are exported with a kit, and loaded by its script. No file is edited.

    python tests/interop/check_nights.py target/debug/linq-export duckdb|postgres|bigquery

Each night must end with `equal`. Then what can go wrong does. Exits with 77 if the database is not installed.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import checks
import manifests
from days import a_day_passes
from program import ENVIRONMENT, Program

NIGHTS = 3
CONTACTS = 600
CHURN = "0.5,insert=2,delete=3,update=3"
TABLE = "crm.people"
SECONDS = 120
NOT_HERE = 77


class Engine:
    """A database, and how the script of a kit is called for it."""

    name = ""
    options = ["--owners", "table"]
    ending = "ndjson"
    arguments = []

    def __init__(self, folder, program):
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir()
        self.environment = ENVIRONMENT | {"PATH": f"{tools}{os.pathsep}{ENVIRONMENT['PATH']}", "LINQ_EXPORT": str(program.path)}
        self.tools = tools

    def load(self, kit):
        """Runs the script. Returns its exit code and what it says."""
        command = ["sh", kit / f"load-{self.name}.sh", *self.arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=SECONDS)
        return done.returncode, done.stdout.split("\n"), done.stderr


class DuckDb(Engine):
    name = "duckdb"
    ending = "parquet"

    def __init__(self, folder, program):
        super().__init__(folder, program)
        stand_in = self.tools / "duckdb"
        stand_in.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {Path(__file__).parent}/duckdb_cli.py \"$@\"\n")
        stand_in.chmod(0o755)
        self.arguments = [folder / "linq.duckdb"]

    def ask(self, sql):
        import duckdb
        with duckdb.connect(str(self.arguments[0])) as connection:
            return connection.execute(sql).fetchall()[0][0]

    @classmethod
    @contextmanager
    def served(cls, folder, program):
        yield cls(folder, program)


class Postgres(Engine):
    name = "postgres"
    ending = "ndjson.gz"

    def ask(self, sql):
        done = self.psql("--tuples-only", "--no-align", "--command", sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().split("\n")[0]

    @classmethod
    @contextmanager
    def served(cls, folder, program):
        import postgres
        if postgres.missing():
            sys.exit(NOT_HERE)
        engine = cls(folder, program)
        data = folder / "server"
        data.mkdir()
        # The server runs as another user.
        folder.chmod(0o755)
        with postgres.served(data) as engine.psql:
            engine.environment |= {
                "PGHOST": str(data / "data"), "PGUSER": "postgres", "PATH": f"{Path(postgres.command('psql')).parent}{os.pathsep}{engine.environment['PATH']}"
            }
            yield engine


class BigQuery(Engine):
    name = "bigquery"
    ending = "parquet"
    # Each run of bq takes seconds.
    options = []

    def ask(self, sql):
        rows = list(self.client.query(sql).result())
        return rows[0][0] if rows else None

    @classmethod
    @contextmanager
    def served(cls, folder, program):
        import emulator
        engine = cls(folder, program)
        data = folder / "server"
        data.mkdir()
        with emulator.served(data) as url:
            environment = emulator.bq_environment(url, data)
            if environment is None:
                sys.exit(NOT_HERE)
            engine.environment |= {name: environment[name] for name in environment if name.startswith(("CLOUDSDK", "HOME"))}
            engine.environment["PATH"] = environment["PATH"]
            engine.client = emulator.client(url)
            yield engine


class Export:
    def __init__(self, engine, program, name, output=None):
        folder = engine.folder / name
        folder.mkdir()
        self.engine, self.program, self.kit = engine, program, folder / "kit"
        self.output = f"{folder}/{output}" if output else folder / f"contacts.{engine.ending}"

    def made(self, base_url, *more, level="complete"):
        options = ["--base-url", base_url, "--kit", self.kit, "--kit-table", TABLE, "--kit-deletes", *self.engine.options]
        self.program.export(self.output, *options, "--require", level, *more)
        return manifests.of(Path(self.output)) if not str(self.output).endswith("/") else None

    def loads(self):
        """Loads it, and demands that the tables are equal then."""
        code, said, errors = self.engine.load(self.kit)
        due = ["contacts: equal", *(["owners: equal"] if self.engine.options else []), ""]
        assert (code, said) == (0, due), f"exit {code}: {said} {errors}"


def check_each_night_ends_with_equal_and_deletes(engine, program):
    export, deleted = Export(engine, program, "nights"), 0
    with program.sandbox(CONTACTS, "--churn", CHURN) as base_url:
        for night in range(NIGHTS):
            manifest = export.made(base_url)
            deleted += (manifest["continuity"] or {"deleted": 0})["deleted"]
            export.loads()
            found = int(engine.ask(f"SELECT COUNT(*) FROM {TABLE}"))
            assert found == manifest["contacts"]["rows"], f"night {night}: {found} rows"
            a_day_passes(base_url)
    assert deleted > 10, f"only {deleted} contacts were deleted"


def check_what_was_changed_by_hand_is_repaired(engine, program):
    export = Export(engine, program, "repaired")
    with program.sandbox(CONTACTS) as base_url:
        export.made(base_url)
    export.loads()
    engine.ask(f"UPDATE {TABLE} SET email = 'x' WHERE id = (SELECT MIN(id) FROM {TABLE}) {returning(engine)}")
    engine.ask(f"INSERT INTO {TABLE} (id) VALUES (7) {returning(engine)}")
    export.loads()


def returning(engine):
    return "" if engine.name == "bigquery" else "RETURNING id"


def check_a_damaged_file_stops_the_load_before_it_begins(engine, program):
    export = Export(engine, program, "damaged")
    with program.sandbox(CONTACTS) as base_url:
        export.made(base_url)
    export.loads()
    engine.ask(f"INSERT INTO {TABLE} (id) VALUES (7) {returning(engine)}")
    whole = export.output.read_bytes()
    export.output.write_bytes(whole[: len(whole) // 2])
    code, said, errors = engine.load(export.kit)
    assert code == 65 and said == [""], f"exit {code}: {said} {errors}"
    assert int(engine.ask(f"SELECT COUNT(*) FROM {TABLE} WHERE id = 7")) == 1, "it was loaded"
    export.output.write_bytes(whole)
    export.loads()


def check_an_export_that_proves_nothing_deletes_nothing(engine, program):
    export = Export(engine, program, "unproven")
    with program.sandbox(CONTACTS) as base_url:
        export.made(base_url)
    export.loads()
    with program.sandbox(CONTACTS // 2, "--order", "name") as base_url:
        manifest = export.made(base_url, "--no-lookups", level="counted")
    assert manifest["completeness"]["level"] == "counted", manifest["completeness"]
    assert "only `counted`" in (export.kit / "README.md").read_text()
    code, said, errors = engine.load(export.kit)
    assert code == 1 and "the count differs: " in said[0], f"exit {code}: {said} {errors}"
    assert int(engine.ask(f"SELECT COUNT(*) FROM {TABLE}")) >= CONTACTS


def check_directories_and_partitions(engine, program):
    with program.sandbox(CONTACTS) as base_url:
        whole = Export(engine, program, "parts", "parts/")
        format = ["--format", "ndjson"] if engine.name == "postgres" else []
        whole.made(base_url, "--rows-per-file", "250", *format)
        whole.loads()
        partition = Export(engine, program, "partitions", "days/")
        partition.made(base_url, "--partition", "run_date=2026-01-31", *format)
        partition.loads()


def main():
    program, name = Program(sys.argv[1]), sys.argv[2]
    engine = {engine.name: engine for engine in (DuckDb, Postgres, BigQuery)}[name]
    with tempfile.TemporaryDirectory() as folder, engine.served(Path(folder), program) as served:
        return checks.run(globals(), served, program)


if __name__ == "__main__":
    sys.exit(main())
