"""Starts a PostgreSQL server, runs the kits of exports.py in it, and creates the tables of the schemas.

    python tests/interop/check_postgres.py DIR

Needs PostgreSQL 14 or later and zstd, and exits with 77 if one is missing. Prints how many checks passed, and exits with 1 if
one failed.
"""

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

import checks
import kit
import pairs
import postgres
import tables
from kits import tried
from tables import INSTANT, INTEGER, TEXT

TYPES = {TEXT: "text", INTEGER: "bigint", INSTANT: "timestamp with time zone"}
NOT_HERE = 77
NDJSON = [("ndjson", "ndjson"), ("ndjson", "ndjson.gz"), ("ndjson", "ndjson.zst"), ("folder-ndjson", "ndjson.gz")]
CSV = [("csv", "csv"), ("csv", "csv.gz"), ("csv", "csv.zst")]


def run(psql, *arguments, **given):
    done = psql("--set", "ON_ERROR_STOP=1", *arguments, **given)
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr}"
    return done.stdout.strip()


def check_the_table_of_the_schema(psql, folder):
    for form in tables.FORMS:
        for table in tables.names(form):
            run(psql, "--command", f"DROP TABLE IF EXISTS {table}")
            run(psql, "--file", folder / "schemas" / form / f"postgres.{table}")
            asked = f"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{table}'"
            found = dict(line.split("|") for line in run(psql, "--tuples-only", "--no-align", "--command", asked).splitlines())
            wanted = {
                column: "jsonb" if isinstance(kind, dict) else TYPES[kind] for column, kind in tables.columns(form, table).items()
            }
            assert found == wanted, f"{form}, {table}: {found}"


def check_the_kit_loads_updates_deletes_and_proves(psql, folder):
    """Only with contacts that PostgreSQL can load: the others must make it fail without changing anything."""
    for form in tables.FORMS:
        for (way, of), table in product(NDJSON + (CSV if form != "struct" else []), tables.names(form)):
            def there(organization, rest):
                return folder / organization / form / way / f"kit.{of}" / kit.name("postgres", table, rest)

            def verdict(organization):
                return run(psql, "--tuples-only", "--no-align", "--file", there(organization, "digest.sql"))

            def equals(organization, after):
                assert verdict(organization) == "equal", f"{form}, {table}, {of}: {after}: {verdict(organization)}"

            text = "first_name" if table == "contacts" else "owner_email"
            run(psql, "--command", f"DROP TABLE IF EXISTS {table}")
            run(psql, "--file", there("for_postgres", "sql"))
            equals("for_postgres", "after the first load")
            assert verdict("empty").startswith("the count differs: "), verdict("empty")
            key = next(iter(tables.columns(form, table)))
            change = f"UPDATE {table} SET {text} = concat({text}, 'x') WHERE {key} = (SELECT max({key}) FROM {table})"
            run(psql, "--command", change)
            assert verdict("for_postgres").startswith("the sum differs: "), verdict("for_postgres")
            run(psql, "--file", there("for_postgres", "sql"))
            equals("for_postgres", "after it was changed back")
            run(psql, "--file", there("empty", "sql"))
            equals("for_postgres", "after an empty export without deletes")
            refused = psql("--file", there("traps", "sql"))
            assert refused.returncode != 0, f"{form}, {table}, {of}: taken"
            equals("for_postgres", "after a load that was refused")
            run(psql, "--file", "-", script=kit.with_deletes(there("empty", "sql").read_text()))
            equals("empty", "after an empty export with deletes")


def check_the_kit_applies_changes_and_keeps_a_history(psql, folder):
    def ran(path):
        done = psql("--file", path)
        if done.returncode != 0:
            raise kit.Refused(done.stderr)

    def ask(text):
        return run(psql, "--tuples-only", "--no-align", "--file", "-", script=text)

    run(psql, "--command", "DROP TABLE IF EXISTS contacts")
    for pair, there, of in pairs.once(folder, "for_postgres"):
        nothing = folder / "empty" / pair.form / "ndjson" / "kit.ndjson"
        instant = "TIMESTAMPTZ '{}'".format
        tried(f"{pair.form}, {of}", kit.changes_course, "postgres", pair, there / f"kit.{of}", nothing, ran, ask, instant)
        run(psql, "--command", "DROP VIEW contacts_history; DROP TABLE contacts, contacts_changes")


def check_the_kit_of_parquet_makes_the_table(psql, folder):
    there = folder / "empty" / "columns" / "portable-zstd" / "kit.parquet"
    run(psql, "--command", "DROP TABLE IF EXISTS contacts")
    run(psql, "--file", there / "postgres.sql")
    verdict = run(psql, "--tuples-only", "--no-align", "--file", there / "postgres.digest.sql")
    assert verdict == "equal", verdict


def main():
    if missing := postgres.missing() or (None if shutil.which("zstd") else "zstd"):
        print(f"not here: {missing}")
        return NOT_HERE
    with tempfile.TemporaryDirectory() as own, postgres.served(Path(own)) as psql:
        return checks.run(globals(), psql, Path(sys.argv[1]).resolve())


if __name__ == "__main__":
    sys.exit(main())
