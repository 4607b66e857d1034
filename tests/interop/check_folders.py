"""Reads the directories of part files that exports.py made, and all partitions of one as a single table.

    python tests/interop/check_folders.py target/debug/linq-export DIR

A directory also has a manifest and the owners: no reader may read them as part files. Prints how
many checks passed, and exits with 1 if one failed.
"""

import json
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset

import checks
import digest_reference
import read_chdb
import read_datafusion
import read_duckdb
import read_pandas
import read_polars
import read_pyarrow
import tables
from exports import DATES
from program import Program

# What to pass to each reader: the directory, or a glob pattern.
WHOLE = [read_datafusion, read_pandas, read_pyarrow]
BY_PATTERN = [read_chdb, read_duckdb, read_polars]


def by_id(rows):
    """Readers of several files do not keep the order."""
    return sorted(rows, key=lambda row: row[0])


def check_parts_of_parquet(_, folder, expected):
    for form in tables.FORMS:
        there, table = folder / "traps" / form / "folder" / "contacts", tables.contacts(form)
        assert len(list(there.glob("part-*.parquet"))) > 2
        given = [(reader, there) for reader in WHOLE]
        given += [(reader, there / "part-*.parquet") for reader in BY_PATTERN]
        for reader, path in given:
            same(reader.rows(path, table), expected[form]["contacts"], table, f"{reader.__name__}: {form}")


def check_parts_of_ndjson(_, folder, expected):
    for form in tables.FORMS:
        there, table = folder / "traps" / form / "folder-ndjson" / "contacts", tables.contacts(form)
        for reader in BY_PATTERN:
            found = reader.rows(there / "part-*.ndjson.gz", table)
            same(found, expected[form]["contacts"], table, f"{reader.__name__}: {form}")


def check_the_owners_of_a_folder(_, folder, expected):
    there = folder / "traps" / "table" / "folder" / "contacts" / "_owners" / "owners.parquet"
    for reader in WHOLE + BY_PATTERN:
        same(reader.rows(there, tables.OWNERS), expected["table"]["owners"], tables.OWNERS, reader.__name__)


def check_all_partitions_as_one_table(_, folder, expected):
    for form in tables.FORMS:
        there = folder / "traps" / form / "partitions" / "contacts"
        pattern = f"{there}/run_date=*/part-*.parquet"
        wanted = [(row[0], day) for day in map(date.fromisoformat, DATES) for row in expected[form]["contacts"]]
        partitioned = pyarrow.dataset.partitioning(flavor="hive", schema=pyarrow.schema([("run_date", pyarrow.date32())]))
        found = {
            "DuckDB": duckdb.sql(f"select id, run_date from read_parquet('{pattern}', hive_partitioning = true)").fetchall(),
            "Polars": pl.scan_parquet(pattern, hive_partitioning=True).select("id", "run_date").collect().rows(),
            "pyarrow": [
                tuple(row.values()) for row in
                pyarrow.dataset.dataset(there, partitioning=partitioned).to_table(["id", "run_date"]).to_pylist()
            ],
        }
        for reader, rows in found.items():
            assert sorted(rows) == sorted(wanted), f"{reader}: {form}: {len(rows)} rows"


def check_the_digest_of_a_folder_is_that_of_its_rows(program, folder, expected):
    for form in tables.FORMS:
        wanted = digest_reference.digest([list(tables.leaves(row, tables.contacts(form))) for row in expected[form]["contacts"]])
        for there in ["folder/contacts", "folder-ndjson/contacts", *(f"partitions/contacts/run_date={day}" for day in DATES)]:
            found = tuple(map(int, program.says("digest", folder / "traps" / form / there).split()))
            assert found == wanted, f"{form}, {there}: {found}, not {wanted}"


def same(found, expected, table, what):
    tables.same(by_id(found), by_id(expected), table, what)


def main():
    program, folder = Program(sys.argv[1]), Path(sys.argv[2]).resolve()
    return checks.run(globals(), program, folder, json.loads((folder / "expected.json").read_text())["traps"])


if __name__ == "__main__":
    sys.exit(main())
