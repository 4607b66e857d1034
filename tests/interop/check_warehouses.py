"""Runs the kits of exports.py in ClickHouse, compares digests, and parses the SQL for other engines.

    python tests/interop/check_warehouses.py target/debug/linq-export DIR

Prints how many checks passed, and exits with 1 if one failed.
"""

import json
import logging
import re
import sys
from pathlib import Path

import jsonschema
import pyarrow as pa
import sqlglot
from chdb.session import Session

import checks
import digest_reference
import kit
import pairs
import read_chdb
import read_pyarrow
import tables
from kits import WAYS, kits, schemas, tried
from program import Program

# sqlglot warns about statements that it only passes on; `parses` checks them.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
PSQL_COMMAND = re.compile(r"^\\.*$", re.MULTILINE)
# The names of dialects in the program and in sqlglot.
DIALECTS = ["bigquery", "duckdb", "snowflake", "clickhouse", "spark", "postgres"]
# Snowflake's upload and session statements, and PostgreSQL's temporary table that is dropped on commit.
UNKNOWN_TO_SQLGLOT = ("PUT ", "ALTER SESSION ", "CREATE TEMPORARY TABLE ")


def check_clickhouse_makes_the_table_of_the_schema(_, folder):
    session = Session()
    for form, table, text in schemas(folder, "clickhouse"):
        session.query(f"DROP TABLE IF EXISTS {table}")
        session.query(text)
        described = session.query(f"DESCRIBE {table}", "JSONCompactEachRow").bytes().splitlines()
        found = {column: "".join(type.split()) for column, type, *_ in map(json.loads, described)}
        wanted = {column: "".join(type.split()) for column, type in read_chdb.types(tables.columns(form, table)).items()}
        assert found == wanted, f"{form}, {table}: {found}"


def check_clickhouse_loads_updates_deletes_and_proves(_, folder):
    session = Session()
    for what, table, kit_of in kits(folder):
        session.query(f"DROP TABLE IF EXISTS {table}")

        def run(text, _):
            session.query(text)

        def verdict(text):
            return session.query(text, "TabSeparated").bytes().decode().strip()

        tried(what, kit.course, "clickhouse", table, kit_of, run, verdict)


def check_clickhouse_applies_changes_and_keeps_a_history(_, folder):
    session = Session()

    def run(path):
        try:
            session.query(path.read_text())
        except RuntimeError as error:
            raise kit.Refused(error) from error

    def ask(text):
        return session.query(text, "TabSeparated").bytes().decode().strip()

    for pair, there, of in pairs.once(folder, "traps"):
        session.query("DROP VIEW IF EXISTS contacts_history; DROP TABLE IF EXISTS contacts; DROP TABLE IF EXISTS contacts_changes")
        nothing = folder / "empty" / pair.form / "portable-zstd" / "kit.parquet"
        instant = "parseDateTime64BestEffort('{}', 6, 'UTC')".format
        tried(f"{pair.form}, {of}", kit.changes_course, "clickhouse", pair, there / f"kit.{of}", nothing, run, ask, instant)


def check_the_digest_of_a_file_is_that_of_its_rows(program, folder):
    for organization, forms in json.loads((folder / "expected.json").read_text()).items():
        for form, rows_of in forms.items():
            wanted = {
                name: digest_reference.digest([list(tables.leaves(row, tables.columns(form, name))) for row in rows])
                for name, rows in rows_of.items()
            }
            for path in sorted((folder / organization / form).glob("*/contacts.*")):
                if path.name.endswith(".manifest.json"):
                    manifest = json.loads(path.read_text())
                    digests = {"contacts": manifest["digest"]}
                    if "owners" in wanted:
                        digests["owners"] = manifest["owners"]["digest"]
                    found = {name: (digest["rows"], int(digest["sum"])) for name, digest in digests.items()}
                    assert found == wanted, f"{path}: {found}, not {wanted}"
                elif ".csv" not in path.name:
                    found = tuple(map(int, program.says("digest", path).split()))
                    assert found == wanted["owners" if ".owners." in path.name else "contacts"], f"{path}: {found}"


def check_every_dialect_parses(_, folder):
    texts = []
    for form in tables.FORMS:
        for way, of in WAYS[:2]:
            paths = sorted((folder / "traps" / form / way / f"kit.{of}").glob("*.sql"))
            if form != "table":
                paths += sorted((folder / "pairs" / "traps" / form / way / f"kit.{of}").glob("*.sql"))
            texts += [(path.name.split(".")[0], f"{form}, {path.name}", path.read_text()) for path in paths]
    assert {dialect for dialect, *_ in texts} == set(DIALECTS)
    for dialect in DIALECTS:
        # BigQuery's schema is JSON.
        if dialect != "bigquery":
            texts += [(dialect, f"schema: {form}, {table}", text) for form, table, text in schemas(folder, dialect)]
    for dialect, what, text in texts:
        tried(f"{dialect}: {what}", parses, text, dialect)


def parses(text, dialect):
    """Whether sqlglot parses each statement instead of only passing it on. psql's commands are not SQL."""
    for statement in kit.statements(PSQL_COMMAND.sub("", text)):
        parsed = sqlglot.parse_one(statement, dialect=dialect)
        passed_on = isinstance(parsed, sqlglot.exp.Command)
        bare = kit.COMMENT.sub("", statement).strip()
        assert not passed_on or bare.startswith(UNKNOWN_TO_SQLGLOT), f"not parsed: {statement[:200]}"


def check_the_schema_for_arrow(_, folder):
    for form, table, text in schemas(folder, "arrow"):
        names = {}
        exec(text, names)
        assert names[table].equals(read_pyarrow.schema(tables.columns(form, table))), f"{form}: {names[table]}"


def check_the_json_schema(_, folder):
    for form, table, text in schemas(folder, "json-schema"):
        validator = jsonschema.Draft202012Validator(json.loads(text))
        owners = ".owners" if table == "owners" else ""
        lines = (folder / "traps" / form / "ndjson" / f"contacts{owners}.ndjson").read_bytes().splitlines()
        for row in map(json.loads, lines):
            validator.validate(row)
            for column in row:
                assert not validator.is_valid(row | {column: True}), f"{form}: {column}"
                assert not validator.is_valid({key: value for key, value in row.items() if key != column}), f"{form}: {column}"


if __name__ == "__main__":
    sys.exit(checks.run(globals(), Program(sys.argv[1]), Path(sys.argv[2]).resolve()))
