"""Makes the exports that all readers are tested with, and their expected rows.

    python tests/interop/exports.py target/debug/linq-export DIR

Needs only Python. `DIR/expected.json` has the rows by form and table, as the pages of the API have them. Each export is
`DIR/ORGANIZATION/FORM/VARIANT/contacts.EXT`, where a variant is a Parquet profile and a codec, `ndjson` or `csv`, and its
kit is next to it, in `kit.EXT`. In the variants `folder`, `folder-ndjson` and `partitions`, `contacts/` has part files or
partitions. The schemas are `DIR/schemas/FORM/DIALECT.TABLE`, and pairs.py describes `DIR/pairs`.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import api
import pairs
import read_python
import tables
import traps
from program import Program

PROFILES = ["portable", "compact"]
COMPRESSIONS = ["none", "snappy", "gzip", "zstd", "lz4"]
ENDINGS = ["", ".gz", ".zst"]
PARTS = ["--rows-per-file", "30"]
DATES = ["2026-01-30", "2026-01-31"]
# Names of the program.
DIALECTS = ["bigquery", "duckdb", "snowflake", "spark", "clickhouse", "postgres", "arrow", "json-schema"]
# Two runs in parallel; more gain nothing on two cores.
AT_ONCE = 2


def ways(organization):
    """The variant, output, kit and options of each export in an owners form: all codecs for the traps, the default for the others."""
    parquet = product(PROFILES, COMPRESSIONS) if organization == "traps" else [("portable", "zstd")]
    files = [
        (f"{profile}-{compression}", "parquet", ["--parquet-profile", profile, "--compression", compression])
        for profile, compression in parquet
    ]
    files += [("ndjson", f"ndjson{compressed}", []) for compressed in ENDINGS]
    csv = [("csv", f"csv{compressed}", []) for compressed in ENDINGS]
    zipped = ["--format", "ndjson", "--compression", "gzip"]
    folders = [("folder", "parquet", PARTS), ("folder-ndjson", "ndjson.gz", [*PARTS, *zipped])]
    folders += [("partitions", date, [*PARTS, "--partition", f"run_date={date}"]) for date in DATES]
    for form in tables.FORMS:
        # CSV has no structs.
        for way, ending, options in files + (csv if form != "struct" else []):
            yield form, way, f"contacts.{ending}", f"kit.{ending}", options
        for way, what, options in folders:
            yield form, way, "contacts/", f"kit.{what}", options


def with_extra_parsed(rows):
    return [[*row[:-1], None if row[-1] is None else json.loads(row[-1])] for row in rows]


def expected(folder, form, asked):
    """The rows in an owners form, as the standard library reads them from NDJSON; they must equal those of the pages."""
    rows = {"contacts": read_python.rows(folder / "contacts.ndjson", tables.contacts(form))}
    wanted = [tables.shaped(row, form) for row in asked]
    tables.same(with_extra_parsed(rows["contacts"]), wanted, tables.contacts(form), f"{folder} against the API's pages")
    if form == "table":
        rows["owners"] = read_python.rows(folder / "contacts.owners.ndjson", tables.OWNERS)
        owners, contradictions = tables.owners(asked)
        tables.same(rows["owners"], owners, tables.OWNERS, f"the owners of {folder} against the API's pages")
        told = json.loads((folder / "contacts.ndjson.manifest.json").read_text())["owners"]
        assert (told["rows"], told["contradictions"]) == (len(owners), contradictions), f"{folder}: {told}"
    return rows


def main():
    program, folder = Program(sys.argv[1]), Path(sys.argv[2]).resolve()
    everything = {}
    for organization, contacts in traps.ORGANIZATIONS.items():
        with api.served(contacts) as base_url, ThreadPoolExecutor(AT_ONCE) as pool:
            def export(form, way, output, kit, options):
                there = folder / organization / form / way
                there.mkdir(parents=True, exist_ok=True)
                options = ["--kit", there / kit, *options]
                program.export(f"{there}/{output}", "--base-url", base_url, "--owners", form, *options)

            for made in [pool.submit(export, *way) for way in ways(organization)]:
                made.result()
            asked = api.asked(base_url)
        everything[organization] = {
            form: expected(folder / organization / form / "ndjson", form, asked) for form in tables.FORMS
        }
    (folder / "expected.json").write_text(json.dumps(everything))
    pairs.make(program, folder)
    for form, dialect in product(tables.FORMS, DIALECTS):
        there = folder / "schemas" / form
        there.mkdir(parents=True, exist_ok=True)
        for table in tables.names(form):
            text = program.says("schema", dialect, "--owners", form, "--table", table)
            (there / f"{dialect}.{table}").write_text(text)


if __name__ == "__main__":
    main()
