"""Loads the exports of exports.py into a BigQuery emulator with the kits' schemas, merges them, and checks the tables.

    python tests/interop/check_bigquery.py DIR

With Google's Python library, and with `bq` where it and zstd are installed. Needs Python 3.13 and what
requirements-bigquery.txt names. Prints how many checks passed, and exits with 1 if one failed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from google.api_core.exceptions import GoogleAPIError
from google.cloud import bigquery

import checks
import emulator
import kit
import pairs
import tables
from kits import tried

PARQUET = ["portable-zstd", "compact-zstd", "portable-snappy", "portable-gzip"]
# The exports to load with bq: BigQuery cannot read .zst, so the kit decompresses it.
KITS = [("columns", "portable-zstd", "parquet"), ("struct", "ndjson", "ndjson.zst"), ("table", "folder", "parquet")]
# The changes to load, in the first two owners forms: the emulator decompresses nothing.
CHANGES = [("portable-zstd", "parquet"), ("ndjson", "ndjson")]
# Each run of bq takes seconds.
BQ_SECONDS = 120


def check_every_file_loads_with_the_schema(client, folder, _):
    everything = json.loads((folder / "expected.json").read_text())["traps"]
    for form, names in everything.items():
        for name, wanted in names.items():
            table = tables.columns(form, name)
            schema = schema_of(folder / "traps" / form / "portable-zstd" / "kit.parquet", client, name)
            owners = ".owners" if name == "owners" else ""
            for way, ending in [*((way, "parquet") for way in PARQUET), ("ndjson", "ndjson")]:
                path = folder / "traps" / form / way / f"contacts{owners}.{ending}"
                # The emulator keeps the descriptions of a replaced table.
                client.delete_table("linq.loaded", not_found_ok=True)
                load(client, path, "linq.loaded", schema)
                tables.same(rows(client, "linq.loaded", table), wanted, table, path.relative_to(folder))
                for found, given in zip(client.get_table("linq.loaded").schema, schema, strict=True):
                    assert described(found) == described(given), f"{path.relative_to(folder)}: {found}, not {given}"


def check_the_table_of_the_schema(client, folder, _):
    for form in tables.FORMS:
        for table in tables.names(form):
            schema = client.schema_from_json(folder / "schemas" / form / f"bigquery.{table}")
            client.delete_table("linq.made", not_found_ok=True)
            made = client.create_table(bigquery.Table(f"{client.project}.linq.made", schema))
            assert list(map(described, made.schema)) == list(map(described, schema)), f"{form}, {table}: {made.schema}"


def check_the_kit_merges_deletes_and_proves(client, folder, _):
    """Only with Parquet: the emulator cannot load an empty NDJSON file."""
    for form in tables.FORMS:
        for table in tables.names(form):
            def kit_of(organization):
                return folder / organization / form / "portable-zstd" / "kit.parquet"

            def run(text, organization):
                owners = ".owners" if table == "owners" else ""
                path = folder / organization / form / "portable-zstd" / f"contacts{owners}.parquet"
                load(client, path, f"linq.{table}_staging", schema_of(kit_of(organization), client, table))
                client.query(text).result()

            def verdict(text):
                [[said]] = client.query(text).result()
                return said

            client.delete_table(f"linq.{table}", not_found_ok=True)
            kit.course("bigquery", table, kit_of, run, verdict)


def check_the_kit_applies_changes_and_keeps_a_history(client, folder, _):
    for pair, (way, of) in zip(pairs.pairs(folder, "traps"), CHANGES):
        there = pair.folder / way
        nothing = folder / "empty" / pair.form / "portable-zstd" / "kit.parquet"
        files = {
            nothing: nothing.with_name("contacts.parquet"),
            pair.kit("old"): pair.export("old"),
            there / f"kit.{of}": there / f"changes.{of}",
        }

        def run(path):
            changes, table = ("changes.", "contacts_changes") if path.is_relative_to(there) else ("", "contacts")
            schema = client.schema_from_json(path.with_name(f"bigquery.{changes}schema.json"))
            load(client, files[path.parent], f"linq.{table}_staging", schema)
            try:
                client.query(path.read_text()).result()
            except GoogleAPIError as error:
                raise kit.Refused(error) from error

        def ask(text):
            [[value]] = client.query(text).result()
            return value

        for table in ["contacts_history", "contacts", "contacts_changes"]:
            client.delete_table(f"linq.{table}", not_found_ok=True)
        instant = "TIMESTAMP '{}'".format
        tried(f"{pair.form}, {of}", kit.changes_course, "bigquery", pair, there / f"kit.{of}", nothing, run, ask, instant)


def check_the_commands_of_the_kit_with_bq(client, folder, environment):
    if environment is None:
        print("SKIPPED: bq is not here, or zstd is not", end=", ")
        return
    for form, way, of in KITS:
        client.delete_table("linq.contacts", not_found_ok=True)
        there = folder / "traps" / form / way / f"kit.{of}"
        commands = "bash bigquery.load.sh && bq query --nouse_legacy_sql < bigquery.merge.sql"
        said_by(f"{commands} >&2", there, environment)
        said = said_by("bq query --nouse_legacy_sql --format=csv < bigquery.digest.sql", there, environment)
        assert said.split() == ["verdict", "equal"], said


def check_the_commands_of_the_kit_of_changes_with_bq(client, folder, environment):
    if environment is None:
        print("SKIPPED: bq is not here, or zstd is not", end=", ")
        return
    for table in ["contacts_history", "contacts", "contacts_changes"]:
        client.delete_table(f"linq.{table}", not_found_ok=True)
    pair = pairs.pairs(folder, "traps")[0]
    query = "bq query --nouse_legacy_sql"
    said_by(f"bash bigquery.load.sh && {query} < bigquery.merge.sql >&2", pair.kit("old"), environment)
    there = pair.folder / "ndjson" / "kit.ndjson.zst"
    commands = ["bash bigquery.changes.load.sh", f"{query} < bigquery.changes.merge.sql", f"{query} < bigquery.history.sql"]
    said_by(" && ".join(commands), there, environment)
    said = said_by(f"{query} --format=csv < bigquery.digest.sql", there, environment)
    assert said.split() == ["verdict", "equal"], said


def said_by(command, folder, environment):
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=BQ_SECONDS,
    )
    assert done.returncode == 0, f"{command}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def described(field):
    """A field as the emulator reports it: without `required`, and a struct without a description."""
    return field.name, field.field_type, None if field.fields else field.description, [inner.name for inner in field.fields]


def schema_of(there, client, table):
    return client.schema_from_json(there / kit.name("bigquery", table, "schema.json"))


def load(client, path, table, schema):
    job = bigquery.LoadJobConfig(
        schema=schema, write_disposition="WRITE_TRUNCATE",
        source_format="PARQUET" if path.suffix == ".parquet" else "NEWLINE_DELIMITED_JSON",
    )
    with path.open("rb") as file:
        client.load_table_from_file(file, table, job_config=job).result()


def rows(client, name, table):
    selected = ", ".join(
        f"UNIX_MICROS({column}) AS {column}" if kind == tables.INSTANT else column for column, kind in table.items()
    )
    return [
        [list(value.values()) if isinstance(value, dict) else value for value in row.values()]
        for row in client.query(f"SELECT {selected} FROM {name}").result()
    ]


def main():
    with tempfile.TemporaryDirectory() as own, emulator.served(Path(own)) as url:
        client = emulator.client(url)
        client.create_dataset("linq")
        environment = emulator.bq_environment(url, Path(own))
        return checks.run(globals(), client, Path(sys.argv[1]).resolve(), environment)


if __name__ == "__main__":
    sys.exit(main())
