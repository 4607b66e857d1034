"""The changes between two exports as DuckDB users compute them: a FULL OUTER JOIN by id.

    python benches/changes_in_duckdb.py OLD NEW TARGET

Needs only the module duckdb. It checks no manifest, does not name the changed columns, and does not notice ids that occur twice.
"""

import sys

import duckdb

CHANGES = """
copy (
    with changed as materialized (
        select old, new from read_parquet('{0}') as old full outer join read_parquet('{1}') as new on old.id = new.id
        where old is distinct from new
    )
    select case when new.id is null then 'delete' else 'update_preimage' end as change_type, unnest(old)
    from changed where old.id is not null
    union all
    select case when old.id is null then 'insert' else 'update_postimage' end as change_type, unnest(new)
    from changed where new.id is not null
) to '{2}' (format parquet, codec zstd)
"""


def main():
    database = duckdb.connect()
    # Nobody needs an order in changes, and keeping it takes memory.
    database.execute("set preserve_insertion_order = false")
    database.execute(CHANGES.format(*sys.argv[1:]))


if __name__ == "__main__":
    main()
