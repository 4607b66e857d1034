"""Checks a contender's Parquet file or directory: it must have each contact once, with the values that linq-export wrote.

    python check.py REFERENCE PARQUET

Exits with 1 and one line on stderr if not.
"""

import sys
from pathlib import Path

import duckdb
from pages import COLUMNS


def files(path):
    # Whatever else dlt writes lies beside the directory of the table.
    return [str(path)] if path.is_file() else [str(part) for part in path.glob("linq/contacts/*.parquet")]


def fault(database):
    """What is wrong, or `None`."""
    ask = lambda sql: database.execute(sql).fetchone()
    (expected,), (rows, ids) = ask("select count(*) from expected"), ask("select count(*), count(distinct id) from found")
    if ids != expected:
        return f"{expected - ids:,} of {expected:,} contacts are missing"
    if rows != expected:
        return f"{rows:,} rows for {expected:,} contacts"
    present = {name.replace("contact_owner__", "owner_"): name for name, *_ in database.execute("describe found").fetchall()}
    # dlt makes no column for what is always null.
    columns = ", ".join(f"{present.get(name, 'null')} as {name}" for name in COLUMNS)
    (others,) = ask(f"select count(*) from (select {', '.join(COLUMNS)} from expected except select {columns} from found)")
    return f"{others:,} contacts have other values" if others else None


def main():
    reference, target = map(Path, sys.argv[1:])
    database = duckdb.connect()
    database.from_parquet([str(reference)]).create_view("expected")
    parts = files(target)
    if not parts:
        sys.exit(f"no Parquet file in {target.name}")
    database.from_parquet(parts).create_view("found")
    if found := fault(database):
        sys.exit(found)


if __name__ == "__main__":
    main()
