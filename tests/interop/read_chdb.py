"""Reads exports with ClickHouse, in-process as chdb. It has no null structs: they become structs whose fields are all null."""

import json

import chdb

from tables import INSTANT, INTEGER, NOT_NULL, TEXT

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst", ".csv", ".csv.gz", ".csv.zst"]
TYPES = {TEXT: "Nullable(String)", INTEGER: "Nullable(Int64)", INSTANT: "Nullable(DateTime64(6, 'UTC'))"}
SETTINGS = "settings date_time_input_format = 'best_effort', output_format_json_quote_64bit_integers = 0, format_csv_null_representation = ''"


def type_of(kind):
    if isinstance(kind, dict):
        return "Tuple(" + ", ".join(f"{name} {type_of(field)}" for name, field in kind.items()) + ")"
    return TYPES[kind]


def types(table):
    required = NOT_NULL | ({"owner_id"} if "contacts" in table else set())
    return {column: "Int64" if column in required else type_of(kind) for column, kind in table.items()}


def query(text):
    return [json.loads(line) for line in chdb.query(f"{text} {SETTINGS}", "JSONCompactEachRow").bytes().splitlines()]


def rows(path, table):
    if path.suffix == ".parquet":
        source = f"file('{path}', Parquet)"
        found = {column: "".join(type.split()) for column, type, *_ in query(f"describe {source}")}
        wanted = {column: "".join(type.split()) for column, type in types(table).items()}
        assert found == wanted, f"types: {found}"
    else:
        kind = "CSVWithNames" if ".csv" in path.name else "JSONEachRow"
        structure = ", ".join(f"{column} {type}" for column, type in types(table).items()).replace("'", "\\'")
        source = f"file('{path}', {kind}, '{structure}')"
    selected = ", ".join(
        f"toUnixTimestamp64Micro({column})" if kind == INSTANT else column for column, kind in table.items()
    )
    return [
        [(None if value == dict.fromkeys(value) else list(value.values())) if isinstance(value, dict) else value for value in row]
        for row in query(f"select {selected} from {source}")
    ]
