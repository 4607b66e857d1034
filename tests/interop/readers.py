"""Exports read back, by each reader and from each format, as rows of plain values (see reference.py)."""

import json
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

from reference import COLUMNS, EPOCH, INTEGERS, TIMES

INSTANT = pa.timestamp("us", tz="UTC")
ARROW = pa.schema(
    pa.field(column, pa.int64() if column in INTEGERS else INSTANT if column in TIMES else pa.string(), column != "id")
    for column in COLUMNS
)
DUCKDB = {
    column: "BIGINT" if column in INTEGERS else "TIMESTAMP WITH TIME ZONE" if column in TIMES else "VARCHAR"
    for column in COLUMNS
}


def duckdb_relation(path):
    """The file as DuckDB reads it: Parquet as it is, NDJSON with its types given."""
    if path.suffix == ".parquet":
        return duckdb.sql(f"from '{path}'")
    return duckdb.sql(f"from read_json('{path}', format = 'newline_delimited', columns = {DUCKDB})")


def by_duckdb(path):
    relation = duckdb_relation(path)
    types = dict(zip(relation.columns, map(str, relation.types)))
    assert types == DUCKDB, f"DuckDB's types of {path.name}: {types}"
    selected = ", ".join(f"epoch_us({column})" if column in TIMES else column for column in COLUMNS)
    return [list(row) for row in relation.select(selected).fetchall()]


def by_pyarrow(path):
    if path.suffix == ".parquet":
        table = pa.parquet.read_table(path)
        assert table.schema.equals(ARROW), f"pyarrow's schema of {path.name}: {table.schema}"
    else:
        options = pa.json.ParseOptions(explicit_schema=ARROW, unexpected_field_behavior="error")
        table = pa.json.read_json(path, parse_options=options)
    columns = [
        table[column].cast(pa.int64()) if column in TIMES else table[column] for column in COLUMNS
    ]
    return [list(row) for row in zip(*(column.to_pylist() for column in columns))]


def by_python(path):
    """NDJSON, read by the standard library line by line."""
    rows = []
    for line in path.read_bytes().splitlines():
        contact = json.loads(line)
        assert list(contact) == COLUMNS, f"keys of {path.name}: {list(contact)}"
        for column in TIMES:
            if contact[column] is not None:
                read = datetime.strptime(contact[column], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=EPOCH.tzinfo)
                contact[column] = (read - EPOCH) // timedelta(microseconds=1)
        rows.append(list(contact.values()))
    return rows
