"""Rewrites a Parquet file with DuckDB, pyarrow and Polars with zstd, and prints sizes and CPU times.

    cargo bench --features bench --bench sizes && python tests/interop/sizes.py target/sizes/contacts.parquet

Each engine writes with its own defaults except for the codec. For the figures in src/format/parquet.rs; not part of the gate.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

TIMES = 3


def by_duckdb(source):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"create table contacts as from '{source}'")
    return lambda target: connection.execute(f"copy contacts to '{target}' (format parquet, codec zstd)")


def by_pyarrow(source):
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(source)
    return lambda target: pyarrow.parquet.write_table(table, target, compression="zstd")


def by_polars(source):
    import polars

    frame = polars.read_parquet(source)
    return lambda target: frame.write_parquet(target, compression="zstd")


ENGINES = {"DuckDB": by_duckdb, "pyarrow": by_pyarrow, "Polars": by_polars}


def processor_seconds():
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(engine, source):
    write = ENGINES[engine](source)
    with tempfile.TemporaryDirectory() as folder:
        target, least = Path(folder, "contacts.parquet"), float("inf")
        for _ in range(TIMES):
            start = processor_seconds()
            write(target)
            least = min(least, processor_seconds() - start)
        print(f"| {engine}, zstd | {target.stat().st_size / 1e6:.1f} | {least:.2f} |", flush=True)


def main():
    if len(sys.argv) == 3:
        return measure(sys.argv[2], sys.argv[1])
    print("| Parquet | MB | CPU s |\n|---|---|---|", flush=True)
    for engine in ENGINES:
        # One process each, so that none pays for another's threads.
        subprocess.run([sys.executable, __file__, sys.argv[1], engine], check=True, timeout=300)


if __name__ == "__main__":
    main()
