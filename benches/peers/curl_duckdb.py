"""curl downloads all pages into files; DuckDB reads these and writes a Parquet file of contacts, with their owners as columns.

    python curl_duckdb.py BASE_URL TARGET

No rate limit, nothing tells whether a contact is missing, and the pages take ten times the file's space for a while.
"""

import subprocess
import sys
import tempfile

from in_duckdb import connection, to_parquet
from pages import CONCURRENCY, HEADER, TOKEN, count, url


def main():
    base_url, target = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=".") as folder:
        pages = url(base_url, f"[1-{count(base_url)}]")
        subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--retry", "5", "--noproxy", "*", "--parallel", "--parallel-max",
             str(CONCURRENCY), "--header", f"{HEADER}: {TOKEN}", pages, "--output", f"{folder}/#1.json"],
            check=True, stdin=subprocess.DEVNULL,
        )
        to_parquet(connection(), f"{folder}/*.json", target)


if __name__ == "__main__":
    main()
