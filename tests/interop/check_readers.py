"""Reads the exports of exports.py with every reader except Spark, and compares rows, types and timestamps.

    python tests/interop/check_readers.py DIR

Prints how many checks passed, and exits with 1 if one failed.
"""

import json
import sys
from pathlib import Path

import checks
import read_chdb
import read_datafusion
import read_duckdb
import read_pandas
import read_polars
import read_pyarrow
import read_python
import tables


def exports(folder, organization):
    """Each file with its owners form and the name of its table."""
    for path in sorted((folder / organization).glob("*/*/contacts.*")):
        if not path.name.endswith(".manifest.json"):
            yield path, path.parents[1].name, "owners" if ".owners." in path.name else "contacts"


def ending(path):
    return path.name.removeprefix("contacts").removeprefix(".owners")


# Readers that refuse a file without lines.
WANT_A_LINE = [read_pandas, read_polars, read_pyarrow]


def reads(reader, folder, organization, endings):
    """Compares what a reader finds in each file with one of these extensions."""
    expected, files = json.loads((folder / "expected.json").read_text())[organization], 0
    for path, form, name in exports(folder, organization):
        table = tables.columns(form, name)
        if ending(path) in endings:
            try:
                rows = reader.rows(path, table)
            except Exception as error:
                raise AssertionError(f"{path.relative_to(folder)}: {error}") from error
            tables.same(rows, expected[form][name], table, path.relative_to(folder))
            files += 1
    assert files, "no file"
    print(f"{files} files of {organization}", end=", ")


def reads_all(reader, folder):
    reads(reader, folder, "traps", reader.ENDINGS)
    without = [ending for ending in reader.ENDINGS if not (reader in WANT_A_LINE and ".ndjson" in ending)]
    reads(reader, folder, "empty", without)


def check_duckdb(folder):
    reads_all(read_duckdb, folder)


def check_pyarrow(folder):
    reads_all(read_pyarrow, folder)


def check_polars(folder):
    reads_all(read_polars, folder)


def check_pandas(folder):
    reads_all(read_pandas, folder)


def check_datafusion(folder):
    reads_all(read_datafusion, folder)


def check_chdb(folder):
    reads_all(read_chdb, folder)


def check_the_standard_library(folder):
    reads_all(read_python, folder)


if __name__ == "__main__":
    sys.exit(checks.run(globals(), Path(sys.argv[1]).resolve()))
