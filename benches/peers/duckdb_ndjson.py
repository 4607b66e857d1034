"""DuckDB converts a local NDJSON file of the same contacts, already flat, into Parquet: no HTTP, no pages, no nested owners.

    python duckdb_ndjson.py SOURCE TARGET
"""

import sys

from in_duckdb import connection
from pages import COLUMNS, INSTANTS

INTEGERS = ["id", "owner_id"]


def main():
    source, target = sys.argv[1:]
    types = {column: "timestamptz" if column in INSTANTS else "bigint" if column in INTEGERS else "varchar" for column in COLUMNS}
    connection().execute(
        f"copy (from read_json($source, format = 'newline_delimited', columns = {types})) to '{target}' (format parquet, codec zstd)",
        {"source": source},
    )


if __name__ == "__main__":
    main()
