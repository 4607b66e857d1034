"""Runs the kits of exports.py in DuckDB and ClickHouse, compares digests, and parses what other engines are given.

    python tests/interop/check_warehouses.py target/debug/linq-export FOLDER

Ends with how many checks passed; exits 1 if one failed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import jsonschema
import pyarrow as pa
import sqlglot
from chdb.session import Session

import checks
import digest_reference
import kit
import read_pyarrow
import read_python
import tables
from program import ENVIRONMENT, SECONDS

PSQL_COMMAND = re.compile(r"^\\.*$", re.MULTILINE)
# As the program and sqlglot call them.
DIALECTS = ["bigquery", "duckdb", "snowflake", "clickhouse", "spark", "postgres"]
# Snowflake's upload and session, and a temporary table of PostgreSQL's that ends with the transaction.
UNKNOWN_TO_SQLGLOT = ("PUT ", "ALTER SESSION ", "CREATE TEMPORARY TABLE ")
# A way with its ending: what each engine loads with its kit.
WAYS = [("portable-zstd", "parquet"), ("ndjson", "ndjson"), ("ndjson", "ndjson.gz"), ("ndjson", "ndjson.zst")]
CSV = [("csv", "csv"), ("csv", "csv.gz"), ("csv", "csv.zst")]


def said(program, *arguments):
    return subprocess.run(
        [program, *map(str, arguments)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=True, timeout=SECONDS,
    ).stdout


def kits(folder):
    """Each kit's form, table, name, and folder by organisation."""
    for form in tables.FORMS:
        for way, ending in WAYS + (CSV if form != "struct" else []):
            def kit_of(organisation):
                return folder / organisation / form / way / f"kit.{ending}"

            for table in ["contacts", "owners"] if form == "table" else ["contacts"]:
                yield f"{form}, {table}, {ending}", table, kit_of


def check_duckdb_loads_updates_deletes_and_proves(_, folder):
    for what, table, kit_of in kits(folder):
        with duckdb.connect() as connection:
            def run(text, _):
                connection.execute(text)

            def verdict(text):
                [[said]] = connection.execute(text).fetchall()
                return said

            tried(what, kit.course, "duckdb", table, kit_of, run, verdict)


def check_clickhouse_loads_updates_deletes_and_proves(_, folder):
    session = Session()
    for what, table, kit_of in kits(folder):
        session.query(f"DROP TABLE IF EXISTS {table}")

        def run(text, _):
            session.query(text)

        def verdict(text):
            return session.query(text, "TabSeparated").bytes().decode().strip()

        tried(what, kit.course, "clickhouse", table, kit_of, run, verdict)


def tried(what, course, *arguments):
    try:
        course(*arguments)
    except Exception as error:
        raise AssertionError(f"{what}: {error}") from error


def check_the_digest_of_a_file_is_that_of_its_rows(program, folder):
    everything = json.loads((folder / "expected.json").read_text())
    for organisation, forms in everything.items():
        for path in sorted((folder / organisation).glob("*/*/contacts.*")):
            form = forms[path.parents[1].name]
            owners = ".owners." in path.name
            rows = form["owners" if owners else "contacts"]
            table = tables.OWNERS if owners else tables.contacts(path.parents[1].name)
            wanted = digest_reference.digest([list(tables.leaves(row, table)) for row in rows])
            if path.name.endswith(".manifest.json"):
                manifest = json.loads(path.read_text())
                digest = manifest["digest"]
                assert (digest["rows"], int(digest["sum"])) == wanted, path
                if "owners" in form:
                    digest = manifest["owners"]["digest"]
                    table = tables.OWNERS
                    wanted = digest_reference.digest([list(tables.leaves(row, table)) for row in form["owners"]])
                    assert (digest["rows"], int(digest["sum"])) == wanted, path
            elif ".csv" not in path.name:
                found = tuple(map(int, said(program, "digest", path).split()))
                assert found == wanted, f"{path}: {found}, not {wanted}"


def check_every_dialect_parses(program, folder):
    for form in tables.FORMS:
        kits = [folder / "traps" / form / way / f"kit.{ending}" for way, ending in WAYS[:2]]
        paths = [path for there in kits for path in sorted(there.glob("*.sql"))]
        texts = [(path.name.split(".")[0], path.name, path.read_text()) for path in paths]
        texts += [
            (dialect, f"schema --for {dialect}", said(program, "schema", "--for", dialect, "--owners", form))
            for dialect in DIALECTS if dialect != "bigquery"
        ]
        assert {dialect for dialect, *_ in texts} == set(DIALECTS)
        for dialect, name, text in texts:
            tried(f"{form}, {name}", parses, text, dialect)


def parses(text, dialect):
    """Whether sqlglot knows each statement, and does not only pass it on. Commands of psql are no SQL."""
    for statement in kit.statements(PSQL_COMMAND.sub("", text)):
        parsed = sqlglot.parse_one(statement, dialect=dialect)
        passed_on = isinstance(parsed, sqlglot.exp.Command)
        bare = kit.COMMENT.sub("", statement).strip()
        assert not passed_on or bare.startswith(UNKNOWN_TO_SQLGLOT), f"not parsed: {statement[:200]}"


def check_schemas_for_arrow_and_json(program, folder):
    for form in tables.FORMS:
        names = {}
        exec(said(program, "schema", "--for", "arrow", "--owners", form), names)
        assert names["contacts"].equals(read_pyarrow.schema(tables.contacts(form))), names["contacts"]
        schema = json.loads(said(program, "schema", "--for", "json-schema", "--owners", form))
        validator = jsonschema.Draft202012Validator(schema)
        for line in (folder / "traps" / form / "ndjson" / "contacts.ndjson").read_bytes().splitlines():
            validator.validate(json.loads(line))
        assert not validator.is_valid({"id": "1"})


if __name__ == "__main__":
    sys.exit(checks.run(globals(), Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
