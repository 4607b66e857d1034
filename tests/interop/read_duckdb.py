"""Reads exports with DuckDB. Parquet needs no options; NDJSON and CSV need types, as in the recipes of the docs."""

import duckdb

from tables import INSTANT, INTEGER, TEXT

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst", ".csv", ".csv.gz", ".csv.zst"]
TYPES = {TEXT: "VARCHAR", INTEGER: "BIGINT", INSTANT: "TIMESTAMP WITH TIME ZONE"}


def type_of(kind):
    if isinstance(kind, dict):
        fields = ", ".join(f'"{name}" {type_of(field)}' for name, field in kind.items())
        return f"STRUCT({fields})"
    return TYPES[kind]


def relation(path, table):
    types = {column: type_of(kind) for column, kind in table.items()}
    if path.suffix == ".parquet":
        return duckdb.sql(f"from '{path}'")
    if ".csv" in path.name:
        # Without allow_quoted_nulls = false, "" would be read as null.
        return duckdb.sql(f"from read_csv('{path}', header = true, quote = '\"', escape = '\"', allow_quoted_nulls = false, columns = {types})")
    return duckdb.sql(f"from read_json('{path}', format = 'newline_delimited', columns = {types})")


def rows(path, table):
    read = relation(path, table)
    types = {column: str(type).replace('"', "") for column, type in zip(read.columns, read.types)}
    wanted = {column: type_of(kind).replace('"', "") for column, kind in table.items()}
    assert types == wanted, f"types: {types}"
    selected = ", ".join(f"epoch_us({column})" if kind == INSTANT else column for column, kind in table.items())
    return [
        [list(value.values()) if isinstance(value, dict) else value for value in row]
        for row in read.select(selected).fetchall()
    ]
