"""Reads NDJSON and CSV with only the standard library."""

import gzip
import json
import re
from datetime import datetime, timedelta

from reference import EPOCH
from tables import INSTANT, INTEGER

ENDINGS = [".ndjson", ".ndjson.gz", ".csv", ".csv.gz"]
# RFC 4180: a quoted field is text, and an empty unquoted field is null.
FIELD = re.compile(rb'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)')


def rows(path, table):
    content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    records = csv(content, table) if ".csv" in path.name else ndjson(content, table)
    return [list(map(plain, record, table.values())) for record in records]


def ndjson(content, table):
    for line in content.split(b"\n")[:-1]:
        contact = json.loads(line)
        assert list(contact) == list(table), f"keys: {list(contact)}"
        yield contact.values()


def csv(content, table):
    records, record, end = [], [], 0
    for found in FIELD.finditer(content):
        assert found.start() == end, f"no field at byte {end}: {content[end:end + 40]}"
        quoted, bare, ended = found.groups()
        record.append((bare.decode() or None) if quoted is None else quoted.replace(b'""', b'"').decode())
        end = found.end()
        if ended != b",":
            records.append(record)
            record = []
    assert end == len(content) and not record, f"not ended: {content[end:]}"
    assert records[0] == list(table), f"header: {records[0]}"
    for record in records[1:]:
        yield [
            int(value) if kind == INTEGER and value is not None else value
            for value, kind in zip(record, table.values(), strict=True)
        ]


def plain(value, kind):
    if value is None:
        return None
    if isinstance(kind, dict):
        assert list(value) == list(kind), f"keys of the struct: {list(value)}"
        return list(map(plain, value.values(), kind.values()))
    if kind == INSTANT:
        read = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=EPOCH.tzinfo)
        return (read - EPOCH) // timedelta(microseconds=1)
    assert isinstance(value, int if kind == INTEGER else str), f"{value!r} as {kind}"
    return value
