"""Reads exports with pandas, with Arrow types and Arrow's NDJSON reader.

Its own types have no nullable integers, so ids above 2^53 in a column with nulls would be rounded; its own NDJSON reader
reads +1555… as a number. Timestamps in NDJSON are text, and are cast.
"""

import pandas
import pyarrow as pa

import read_pyarrow
from tables import INSTANT

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst"]


def rows(path, table):
    if ".ndjson" not in path.name:
        frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    else:
        frame = pandas.read_json(path, lines=True, engine="pyarrow", dtype_backend="pyarrow")
        frame = frame.astype({column: "timestamp[us, tz=UTC][pyarrow]" for column, kind in table.items() if kind == INSTANT})
    found = pa.Table.from_pandas(frame, preserve_index=False)
    return read_pyarrow.plain(found, table)
