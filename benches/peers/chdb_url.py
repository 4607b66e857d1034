"""ClickHouse, in-process as chdb, reads all pages with its table function `url` and writes a Parquet file of contacts, with
their owners as columns.

    python chdb_url.py BASE_URL TARGET

No rate limit, nothing tells whether a contact is missing, and the file is not replaced atomically.
"""

import sys

import chdb
from pages import CONCURRENCY, HEADER, INSTANTS, OWNER_TEXTS, TEXTS, TOKEN, count, url

TEXT, INTEGER, INSTANT = "Nullable(String)", "Nullable(Int64)", "Nullable(DateTime64(6, 'UTC'))"
OWNER = ", ".join([f"id {INTEGER}", *(f"{name} {TEXT}" for name in OWNER_TEXTS)])
CONTACT = ", ".join(
    ["id Int64", *(f"{name} {TEXT}" for name in TEXTS), *(f"{name} {INSTANT}" for name in INSTANTS), f"contact_owner Tuple({OWNER})"]
)
PAGE = f"contacts Array(Tuple({CONTACT}))".replace("'", "\\'")
FLAT = ", ".join(
    [f"contact.{name} as {name}" for name in ["id", *TEXTS, *INSTANTS]]
    + [f"contact.contact_owner.{name} as owner_{name}" for name in ["id", *OWNER_TEXTS]]
)


def main():
    base_url, target = sys.argv[1:]
    pages = url(base_url, f"{{1..{count(base_url)}}}")
    chdb.query(f"""
        insert into function file('{target}', Parquet)
        select {FLAT} from (
            select arrayJoin(contacts) as contact from url('{pages}', JSONEachRow, '{PAGE}', headers('{HEADER}' = '{TOKEN}'))
        )
        settings max_threads = {CONCURRENCY}, glob_expansion_max_elements = 1000000, date_time_input_format = 'best_effort',
            input_format_skip_unknown_fields = 1, output_format_parquet_compression_method = 'zstd'
    """)


if __name__ == "__main__":
    main()
