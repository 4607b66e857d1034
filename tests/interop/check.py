"""Reads exports with DuckDB, pyarrow and Python, and compares them with each other and with the API.

    python tests/interop/check.py target/debug/linq-export

Prints how many checks passed, and exits with 1 if one failed.
"""

import sys
import tempfile
from pathlib import Path

import pyarrow.parquet

import api
import checks
import hard_contacts
import read_duckdb
import read_pyarrow
import read_python
import tables
from exports import with_extra_parsed
from program import Program

TABLE = tables.contacts("columns")


def read_every_way(parquet, ndjson):
    """The rows, after checking that all readers find the same ones in both formats."""
    rows = read_pyarrow.rows(parquet, TABLE)
    for reader, path in [(read_duckdb, parquet), (read_duckdb, ndjson), (read_pyarrow, ndjson), (read_python, ndjson)]:
        same(reader.rows(path, TABLE), rows, f"{reader.__name__} of {path.name} against pyarrow's of Parquet")
    return rows


def same(found, expected, what):
    tables.same(found, expected, TABLE, what)


def exported(program, folder, *options):
    paths = folder / "contacts.parquet", folder / "contacts.ndjson"
    for path in paths:
        program.export(path, *options)
    return paths


def check_every_reader_finds_the_sandbox_as_it_is(program, folder):
    with program.sandbox(2_500) as base_url:
        rows = read_every_way(*exported(program, folder, "--base-url", base_url))
        same(with_extra_parsed(rows), api.asked(base_url), "the export against the sandbox's own pages")
    assert len({row[0] for row in rows}) == 2_500


def check_hard_values_survive(program, folder):
    with api.served(hard_contacts.CONTACTS) as base_url:
        rows = read_every_way(*exported(program, folder, "--base-url", base_url, "--per-page", "5"))
        same(with_extra_parsed(rows), api.asked(base_url, per_page=5), "the export against the API's own pages")
    assert len(rows) == len(hard_contacts.CONTACTS)


def check_an_empty_organization_has_every_column(program, folder):
    parquet, ndjson = exported(program, folder, "--sandbox", "--sandbox-contacts", "0")
    for reader, path in [(read_pyarrow, parquet), (read_duckdb, parquet), (read_duckdb, ndjson), (read_python, ndjson)]:
        assert reader.rows(path, TABLE) == []
    assert ndjson.read_bytes() == b""


def check_several_row_groups(program, folder):
    parquet, ndjson = exported(program, folder, "--sandbox", "--sandbox-contacts", "20000")
    program.export(parquet, "--sandbox", "--sandbox-contacts", "20000", "--row-group-size", "1MiB")
    assert pyarrow.parquet.ParquetFile(parquet).metadata.num_row_groups > 1
    same(read_duckdb.rows(parquet, TABLE), read_pyarrow.rows(ndjson, TABLE), "DuckDB, Parquet against pyarrow, NDJSON")


def check_only_what_every_reader_knows(program, folder):
    parquet = folder / "contacts.parquet"
    program.export(parquet, "--sandbox")
    metadata = pyarrow.parquet.ParquetFile(parquet).metadata
    columns = [metadata.row_group(0).column(index) for index in range(metadata.num_columns)]
    assert {column.compression for column in columns} == {"ZSTD"}
    encodings = {encoding for column in columns for encoding in column.encodings}
    assert encodings <= {"PLAIN", "RLE", "RLE_DICTIONARY"}, encodings
    assert metadata.created_by.startswith("linq-export version "), metadata.created_by


def check_the_same_contacts_give_the_same_file(program, folder):
    first, second = folder / "first.parquet", folder / "second.parquet"
    program.export(first, "--sandbox", "--sandbox-seed", "7", "--concurrency", "1")
    program.export(second, "--sandbox", "--sandbox-seed", "7", "--sandbox-latency", "20ms")
    assert first.read_bytes() == second.read_bytes()


def main():
    with tempfile.TemporaryDirectory() as folder:
        return checks.run(globals(), Program(sys.argv[1]), Path(folder))


if __name__ == "__main__":
    sys.exit(main())
