"""DuckDB converts a local NDJSON file of the same contacts, already flat, into Parquet: no HTTP, no pages, no nested owners.

    python duckdb_ndjson.py SOURCE TARGET
"""

import sys

from in_duckdb import TYPES, connection


def main():
    source, target = sys.argv[1:]
    connection().execute(
        f"copy (from read_json($source, format = 'newline_delimited', columns = {TYPES})) to '{target}' (format parquet, codec zstd)",
        {"source": source},
    )


if __name__ == "__main__":
    main()
