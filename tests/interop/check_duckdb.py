"""Runs the kits of exports.py in the DuckDB that is installed: the oldest promised version, or the newest.

    python tests/interop/check_duckdb.py target/debug/linq-export DIR

Prints how many checks passed, and exits with 1 if one failed.
"""

import sys
from pathlib import Path

import duckdb

import checks
import kit
import manifests
import pairs
import read_duckdb
import tables
from kits import kits, schemas, tried
from program import Program


def check_duckdb_makes_the_table_of_the_schema(_, folder):
    for form, table, text in schemas(folder, "duckdb"):
        with duckdb.connect() as connection:
            connection.execute(text)
            found = dict(connection.execute(f"select column_name, column_type from (describe {table})").fetchall())
        wanted = {column: read_duckdb.type_of(kind).replace('"', "") for column, kind in tables.columns(form, table).items()}
        assert {column: type.replace('"', "") for column, type in found.items()} == wanted, f"{form}, {table}: {found}"


def check_duckdb_loads_updates_deletes_and_proves(_, folder):
    for what, table, kit_of in kits(folder):
        with duckdb.connect() as connection:
            def run(text, _):
                connection.execute(text)

            def verdict(text):
                [[said]] = connection.execute(text).fetchall()
                return said

            tried(what, kit.course, "duckdb", table, kit_of, run, verdict)


def check_duckdb_applies_changes_and_keeps_a_history(_, folder):
    for pair in pairs.pairs(folder, "traps"):
        for there, of in pair.variants():
            with duckdb.connect() as connection:
                # A time zone other than UTC, as users have.
                connection.execute("SET TimeZone = 'America/New_York'")

                def run(path):
                    try:
                        connection.execute(path.read_text())
                    except duckdb.Error as error:
                        connection.execute("ROLLBACK")
                        raise kit.Refused(error) from error

                def ask(text):
                    [[value]] = connection.execute(text).fetchall()
                    return value

                nothing = folder / "empty" / pair.form / "portable-zstd" / "kit.parquet"
                instant = "TIMESTAMPTZ '{}'".format
                tried(f"{pair.form}, {of}", kit.changes_course, "duckdb", pair, there / f"kit.{of}", nothing, run, ask, instant)


def check_contacts_that_are_missing_stay(_, folder):
    pair = pairs.pairs(folder, "traps")[0]
    there = pair.folder / "counted"
    counts = manifests.of(there / "changes.parquet")["changes"]["by_type"]
    assert counts["missing"] > 0 and counts["delete"] == 0, counts
    with duckdb.connect() as connection:
        for script in [pair.kit("old") / "duckdb.sql", there / "kit" / "duckdb.changes.sql", there / "kit" / "duckdb.history.sql"]:
            connection.execute(script.read_text())
        for table in ["contacts", "contacts_history WHERE valid_to IS NULL"]:
            found = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
            assert found == [(manifests.of(pair.export("new"))["contacts"]["rows"] + counts["missing"],)], f"{table}: {found}"


if __name__ == "__main__":
    print(f"DuckDB {duckdb.__version__}")
    sys.exit(checks.run(globals(), Program(sys.argv[1]), Path(sys.argv[2]).resolve()))
