"""DuckDB compares two exports with a full outer join, and writes the rows that `linq-export changes` writes.

    python duckdb_changes.py OLD NEW TARGET
"""

import sys

import duckdb

CHANGES = """
    with compared as materialized (
        select old, new from read_parquet($old) old full outer join read_parquet($new) new on old.id = new.id
        where old.id is null or new.id is null or old is distinct from new
    )
    select 'delete' as change_type, old.* from compared where new.id is null
    union all select 'update_preimage', old.* from compared where old.id = new.id
    union all select 'update_postimage', new.* from compared where old.id = new.id
    union all select 'insert', new.* from compared where old.id is null
"""


def main():
    old, new, target = sys.argv[1:]
    database = duckdb.connect()
    # Nobody needs an order of the changes, and keeping one takes memory.
    database.execute("set preserve_insertion_order = false")
    database.execute(f"copy ({CHANGES}) to '{target}' (format parquet, codec zstd)", {"old": old, "new": new})


if __name__ == "__main__":
    main()
