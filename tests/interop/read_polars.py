"""Reads exports with Polars. Parquet needs no options; NDJSON and CSV need types."""

import polars as pl

from tables import INSTANT, INTEGER, TEXT

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst", ".csv", ".csv.gz", ".csv.zst"]
TYPES = {TEXT: pl.String(), INTEGER: pl.Int64(), INSTANT: pl.Datetime("us", "UTC")}


def type_of(kind):
    return pl.Struct({name: type_of(field) for name, field in kind.items()}) if isinstance(kind, dict) else TYPES[kind]


def rows(path, table):
    schema = {column: type_of(kind) for column, kind in table.items()}
    if path.suffix == ".parquet":
        found = pl.read_parquet(path)
    elif ".csv" in path.name:
        found = pl.read_csv(path, schema=schema)
    else:
        found = pl.read_ndjson(path, schema=schema)
    assert dict(found.schema) == schema, f"schema: {found.schema}"
    columns = [
        found[column].to_physical() if kind == INSTANT else found[column] for column, kind in table.items()
    ]
    return [
        [list(value.values()) if isinstance(value, dict) else value for value in row]
        for row in zip(*(column.to_list() for column in columns))
    ]
