"""Reads exports with DataFusion. Parquet needs no options; NDJSON and CSV need types."""

import pyarrow as pa
from datafusion import SessionContext

import read_pyarrow

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst"]
COMPRESSIONS = {".gz": "gz", ".zst": "zst"}


def rows(path, table):
    context, schema = SessionContext(), read_pyarrow.schema(table)
    if ".ndjson" not in path.name:
        found = context.read_parquet(path)
    else:
        ending = path.name[path.name.index(".ndjson"):]
        found = context.read_json(path, schema=schema, file_extension=ending, file_compression_type=COMPRESSIONS.get(path.suffix))
    return read_pyarrow.plain(pa.Table.from_batches(found.collect(), schema=found.schema()), table)
