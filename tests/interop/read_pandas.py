"""What pandas reads, with Arrow's types and Arrow's reader of NDJSON.

Its own types have no nullable integers: ids above 2^53 beside a null would be rounded; and its own reader of NDJSON
takes '+1555…' for a number. Times in NDJSON come as text, and are cast.
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
