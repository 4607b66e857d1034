"""DuckDB reads the URLs of all pages by itself and writes a Parquet file of contacts, with their owners as columns.

    python duckdb_http.py BASE_URL TARGET

No rate limit, nothing tells whether a contact is missing, and the file is not replaced atomically.
"""

import sys
from pathlib import Path

import duckdb_extension_httpfs
from in_duckdb import connection, to_parquet
from pages import HEADER, TOKEN, count, url


def main():
    base_url, target = sys.argv[1:]
    database = connection()
    extension = next(Path(duckdb_extension_httpfs.__path__[0]).glob("extensions/*/httpfs.duckdb_extension"))
    database.execute(f"load '{extension}'")
    database.execute(f"create secret (type http, extra_http_headers map {{'{HEADER}': '{TOKEN}'}})")
    # Otherwise each page takes a HEAD request, too, which the server refuses, and DuckDB repeats that after a pause.
    database.execute("set force_download = true")
    urls = [url(base_url, page) for page in range(1, count(base_url) + 1)]
    to_parquet(database, urls, target)


if __name__ == "__main__":
    main()
