"""Reads the program's exports with DuckDB, pyarrow and Python, and compares them with each other and with the API.

    python tests/interop/check.py target/debug/linq-export

Ends with how many checks passed; exits 1 if one failed.
"""

import json
import sys
import tempfile
import traceback
import urllib.request
from pathlib import Path

import pyarrow.parquet

import hard_api
import reference
from program import TOKEN, Program
from readers import by_duckdb, by_pyarrow, by_python


def read_every_way(parquet, ndjson):
    """The rows, when every reader finds the same ones in both formats."""
    rows = by_pyarrow(parquet)
    others = {
        "DuckDB, Parquet": by_duckdb(parquet), "DuckDB, NDJSON": by_duckdb(ndjson),
        "pyarrow, NDJSON": by_pyarrow(ndjson), "Python, NDJSON": by_python(ndjson),
    }
    for reader, read in others.items():
        same(read, rows, f"{reader} against pyarrow, Parquet")
    return rows


def same(found, expected, what):
    assert len(found) == len(expected), f"{what}: {len(found)} rows, not {len(expected)}"
    for number, (one, other) in enumerate(zip(found, expected), 1):
        for column, value, wanted in zip(reference.COLUMNS, one, other):
            assert value == wanted, f"{what}: row {number}, {column}: {value!r}, not {wanted!r}"


def asked(base_url, per_page=100):
    """The rows that the API's own pages should give."""
    rows, page, pages = [], 1, 1
    while page <= pages:
        url = f"{base_url}/api/partner/v2/contacts?page={page}&per_page={per_page}"
        request = urllib.request.Request(url, headers={"X-LINQ-INTEGRATION-TOKEN": TOKEN})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            body = answer.read()
        rows += map(reference.row, reference.contacts(body))
        pages = json.loads(body.decode("utf-8", "replace"))["pagination"]["total_pages"]
        page += 1
    return rows


def with_extra_parsed(rows):
    return [[*row[:-1], None if row[-1] is None else json.loads(row[-1])] for row in rows]


def exported(program, folder, *options):
    paths = folder / "contacts.parquet", folder / "contacts.ndjson"
    for path in paths:
        program.export(path, *options)
    return paths


def check_every_reader_finds_the_sandbox_as_it_is(program, folder):
    with program.sandbox(2_500) as base_url:
        rows = read_every_way(*exported(program, folder, "--base-url", base_url))
        same(with_extra_parsed(rows), asked(base_url), "the export against the sandbox's own pages")
    assert len({row[0] for row in rows}) == 2_500


def check_hard_values_survive(program, folder):
    with hard_api.served() as base_url:
        rows = read_every_way(*exported(program, folder, "--base-url", base_url, "--per-page", "5"))
        same(with_extra_parsed(rows), asked(base_url, per_page=5), "the export against the API's own pages")
    assert len(rows) == len(hard_api.CONTACTS)


def check_an_empty_organisation_has_every_column(program, folder):
    parquet, ndjson = exported(program, folder, "--sandbox", "--sandbox-contacts", "0")
    assert by_pyarrow(parquet) == by_duckdb(parquet) == by_duckdb(ndjson) == by_python(ndjson) == []
    assert ndjson.read_bytes() == b""


def check_several_row_groups(program, folder):
    parquet, ndjson = exported(program, folder, "--sandbox", "--sandbox-contacts", "100100")
    groups = pyarrow.parquet.ParquetFile(parquet).metadata
    assert [groups.row_group(group).num_rows for group in range(groups.num_row_groups)] == [100_000, 100]
    same(by_duckdb(parquet), by_pyarrow(ndjson), "DuckDB, Parquet against pyarrow, NDJSON")


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
    program, failed = Program(sys.argv[1]), 0
    checks = [check for name, check in globals().items() if name.startswith("check_")]
    for check in checks:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(program, Path(folder))
                print(f"ok: {name}")
            except Exception:
                failed += 1
                print(f"FAILED: {name}\n{traceback.format_exc()}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
