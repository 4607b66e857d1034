"""A script with asyncio: aiohttp fetches pages concurrently, pyarrow parses them and writes a Parquet file of contacts, with
their owners as columns.

    python asyncio_pyarrow.py BASE_URL TARGET

No retries, no rate limit, nothing tells whether a contact is missing, and the file is not replaced atomically.
"""

import asyncio
import sys

import aiohttp
import pyarrow
import pyarrow.json
import pyarrow.parquet
from pages import COLUMNS, CONCURRENCY, HEADER, INSTANTS, OWNER_TEXTS, TEXTS, TOKEN, count, url

# Pages per row group: enough rows to compress well, few enough to bound memory.
ROW_GROUP = 1000

INTEGER, TEXT, INSTANT = pyarrow.int64(), pyarrow.string(), pyarrow.timestamp("us", tz="UTC")
OWNER = pyarrow.struct([("id", INTEGER), *((name, TEXT) for name in OWNER_TEXTS)])
CONTACT = pyarrow.struct([
    ("id", INTEGER), *((name, TEXT) for name in TEXTS), *((name, INSTANT) for name in INSTANTS), ("contact_owner", OWNER),
])
SCHEMA = pyarrow.schema([
    ("id", INTEGER), *((name, TEXT) for name in TEXTS), *((name, INSTANT) for name in INSTANTS),
    ("owner_id", INTEGER), *((f"owner_{name}", TEXT) for name in OWNER_TEXTS),
])
# A page must fit into a block.
READ = pyarrow.json.ReadOptions(block_size=16 << 20)
PARSE = pyarrow.json.ParseOptions(
    explicit_schema=pyarrow.schema([("contacts", pyarrow.list_(CONTACT))]), unexpected_field_behavior="ignore",
)


def table(pages):
    """The contacts of pages, parsed at once: each page is one line."""
    lines = pyarrow.json.read_json(pyarrow.BufferReader(b"\n".join(pages)), read_options=READ, parse_options=PARSE)
    *columns, owners = lines["contacts"].combine_chunks().flatten().flatten()
    return pyarrow.table(columns + owners.flatten(), names=COLUMNS)


async def export(base_url, target):
    numbers, ready = iter(range(1, count(base_url) + 1)), []
    with pyarrow.parquet.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        def write():
            writer.write_table(table(ready))
            ready.clear()

        async def work(session):
            # All tasks share the iterator, so each page is fetched once.
            for number in numbers:
                async with session.get(url(base_url, number)) as answer:
                    answer.raise_for_status()
                    ready.append(await answer.read())
                if len(ready) == ROW_GROUP:
                    write()

        async with aiohttp.ClientSession(headers={HEADER: TOKEN}) as session:
            await asyncio.gather(*(work(session) for _ in range(CONCURRENCY)))
        if ready:
            write()


if __name__ == "__main__":
    asyncio.run(export(*sys.argv[1:]))
