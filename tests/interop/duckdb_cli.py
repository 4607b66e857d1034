#!/usr/bin/env python3
"""Stands in for the `duckdb` command where only the Python package is installed: runs SQL from stdin, and prints the last result.

    duckdb_cli.py [-bail] [-list] [-noheader] DATABASE
"""

import sys

import duckdb

*_, database = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
with duckdb.connect(database) as connection:
    try:
        rows = connection.execute(sys.stdin.read()).fetchall()
    except duckdb.Error as error:
        sys.exit(f"Error: {error}")
for row in rows:
    print("|".join(map(str, row)))
