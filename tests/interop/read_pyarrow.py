"""Reads exports with pyarrow. Parquet needs no options; NDJSON and CSV need types."""

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from tables import INSTANT, INTEGER, NOT_NULL, TEXT

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst", ".csv", ".csv.gz", ".csv.zst"]
TYPES = {TEXT: pa.string(), INTEGER: pa.int64(), INSTANT: pa.timestamp("us", tz="UTC")}


def type_of(kind):
    return pa.struct({name: type_of(field) for name, field in kind.items()}) if isinstance(kind, dict) else TYPES[kind]


def schema(table):
    """The owner's id may be null if it is a column of the contacts."""
    required = NOT_NULL | ({"owner_id"} if "contacts" in table else set())
    return pa.schema([pa.field(column, type_of(kind), column not in required) for column, kind in table.items()])


def read(path, table):
    if ".ndjson" not in path.name and ".csv" not in path.name:
        found = pa.parquet.read_table(path)
        assert found.schema.equals(schema(table)), f"schema: {found.schema}"
        return found
    with pa.input_stream(str(path), compression="detect") as stream:
        if ".csv" not in path.name:
            options = pa.json.ParseOptions(explicit_schema=schema(table), unexpected_field_behavior="error")
            return pa.json.read_json(stream, parse_options=options)
        return pa.csv.read_csv(
            stream,
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=schema(table), null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            ),
        )


def rows(path, table):
    return plain(read(path, table), table)


def plain(found, table):
    """The rows of an Arrow table."""
    columns = [
        found[column].cast(pa.int64()) if kind == INSTANT else found[column] for column, kind in table.items()
    ]
    return [
        [list(value.values()) if isinstance(value, dict) else value for value in row]
        for row in zip(*(column.to_pylist() for column in columns))
    ]
