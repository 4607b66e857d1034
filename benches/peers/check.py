"""Checks a contender's file or directory: it must have each contact once, with the values of linq-export's Parquet file.

    python check.py CONTACTS REFERENCE TARGET

Exits with 1 and one line on stderr if not.
"""

import sys
from pathlib import Path

import duckdb
from in_duckdb import TYPES
from pages import COLUMNS


def source(path):
    """What DuckDB reads the contacts from."""
    if path.suffix == ".ndjson":
        return f"read_json('{path}', format = 'newline_delimited', columns = {TYPES})"
    if path.suffix == ".csv":
        return f"read_csv('{path}', header = true, types = {TYPES}, allow_quoted_nulls = false)"
    # dlt writes tables of its own beside that of contacts.
    return f"read_parquet('{path / 'linq/contacts/*.parquet' if path.is_dir() else path}')"


def fault(database, contacts):
    """What is wrong, or `None`."""
    rows, ids = database.execute("select count(*), count(distinct id) from found").fetchone()
    if ids < contacts:
        return f"{contacts - ids:,} of {contacts:,} contacts are missing"
    if rows != contacts:
        return f"{rows:,} rows for {contacts:,} contacts"
    present = {name.replace("contact_owner__", "owner_"): name for name, *_ in database.execute("describe found").fetchall()}
    # dlt makes no column for what is always null.
    columns = ", ".join(f"{present.get(name, 'null')} as {name}" for name in COLUMNS)
    differing = f"select {columns} from found except select {', '.join(COLUMNS)} from expected"
    (others,) = database.execute(f"select count(*) from ({differing})").fetchone()
    return f"{others:,} contacts have other values" if others else None


def main():
    contacts, reference, target = int(sys.argv[1]), *map(Path, sys.argv[2:])
    database = duckdb.connect()
    for name, path in ("expected", reference), ("found", target):
        database.execute(f"create view {name} as from {source(path)}")
    if found := fault(database, contacts):
        sys.exit(found)


if __name__ == "__main__":
    main()
