"""Measures `linq-export changes` beside a FULL OUTER JOIN in DuckDB, in turn, on the same pair of Parquet files.

    python benches/changes.py target/dist/linq-export [--contacts N] [--rounds K]

The old export is one of the sandbox. Of its contacts, the new one lacks 1 %, has 2.5 % with another title, and as many new ones as it
lacks. Both results must have the same rows. Prints a Markdown table of medians. Packages are those of peers/requirements.txt. Exits
with 1 if a contender failed or the results differ, and with 77 if no package can be installed. Not part of the gate.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))

from run import NOT_HERE, Program, environment, imports, measured  # noqa: E402

import manifests  # noqa: E402

MODULES = ["duckdb", "pyarrow"]
# Writes the new export with the encoding of the old one.
MAKE = """
import sys
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq

old, new = sys.argv[1:]
table, group = pq.read_table(old), pq.ParquetFile(old).metadata.row_group(0)
columns = [group.column(number) for number in range(group.num_columns)]
repeating = [column.path_in_schema for column in columns if "RLE_DICTIONARY" in column.encodings]
number = pa.array(range(len(table)))
every = lambda of, rest: pc.equal(pc.subtract(number, pc.multiply(pc.divide(number, of), of)), rest)
title = table.schema.get_field_index("title")
table = table.set_column(title, table.schema.field(title), pc.if_else(every(40, 1), "Promoted", table["title"]))
gone = every(100, 0)
more = table.filter(gone)
ids = pc.add(more["id"], pc.max(table["id"]))
more = more.set_column(0, table.schema.field(0), ids)
table = pa.concat_tables([table.filter(pc.invert(gone)), more])
pq.write_table(
    table, new, compression="zstd", compression_level=1, row_group_size=group.num_rows, use_dictionary=repeating,
    max_rows_per_page=20_000,
)
"""
# The rows that only one of the two results has.
DIFFERENCE = """
import sys
import duckdb

ours, theirs = (f"from read_parquet('{path}')" for path in sys.argv[1:])
ours = f"select * exclude (changed_columns, seen_after, seen_by) {ours}"
query = f"select count(*) from (({ours} except all {theirs}) union all ({theirs} except all {ours}))"
[[differing]] = duckdb.sql(query).fetchall()
sys.exit(f"{differing:,} rows differ" if differing else 0)
"""


def make_pair(program, python, folder, contacts):
    """The two exports. The new one gets the manifest of the old one with its own checksum, because their counts are equal."""
    old, new = folder / "old.parquet", folder / "new.parquet"
    with program.sandbox(contacts) as base_url:
        program.export(old, "--base-url", base_url, "--require", "complete", rate="unlimited")
    subprocess.run([python, "-c", MAKE, old, new], check=True)
    content = new.read_bytes()
    file = {"name": new.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = manifests.of(old)
    manifests.seal(new, manifest | {"file": manifest["file"] | file})
    return old, new


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def main():
    asked, python = arguments(), environment()
    if missing := [module for module in MODULES if not imports(python, module)]:
        print(f"SKIPPED: cannot be installed: {', '.join(missing)}")
        return NOT_HERE
    program = Program(asked.program)
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        pair = make_pair(program, python, folder, asked.contacts)
        # The path comes after the option, so each command ends with its target.
        contenders = {
            "linq-export changes": [program.path, "changes", *pair, "-q", "-o"],
            "linq-export changes, with --kit": [program.path, "changes", *pair, "-q", "--kit", folder / "kit", "-o"],
            "DuckDB, FULL OUTER JOIN": [python, HERE / "changes_in_duckdb.py", *pair],
        }
        runs = {name: [] for name in contenders}
        for _ in range(asked.rounds):
            for number, (name, command) in enumerate(contenders.items()):
                code, *figures = measured([*command, folder / f"{number}.parquet"], folder)
                if code != 0:
                    sys.exit(f"{name}: exit {code}: {(folder / 'log').read_text()}")
                runs[name].append(figures)
                print(f"{name}: {figures[0]:.2f} CPU s, {figures[1]:.2f} s, {figures[2]:.0f} MiB", file=sys.stderr, flush=True)
        results = [folder / f"{number}.parquet" for number in (0, len(contenders) - 1)]
        subprocess.run([python, "-c", DIFFERENCE, *results], check=True)
    print(f"\n{asked.contacts:,} contacts, medians of {asked.rounds} rounds:\n\n| | CPU s | wall s | peak MiB |\n|---|---|---|---|")
    for name, figures in runs.items():
        cpu, wall, peak = map(median, zip(*figures))
        print(f"| {name} | {cpu:.2f} | {wall:.1f} | {peak:,.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
