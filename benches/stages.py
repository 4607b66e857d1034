"""Where the CPU time of an export goes, by stage: samples of its stacks, each counted for one stage by its functions.

    cargo build --release
    python benches/stages.py target/release/linq-export [--contacts N] [--format FORMAT] [--functions]

The program must not be stripped, so it is a release build, not dist. Needs perf (Linux). The sandbox runs in a process of
its own, which is not counted. Prints a Markdown table; the seconds are those of this run, which sampling slows down a
little. `--functions` also prints the costliest functions of each stage, each with the function of ours that led to it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from program import ENVIRONMENT, TOKEN, Program  # noqa: E402

HERTZ = 997
# Bytes of the stack that a sample keeps: async stacks are deep.
STACK = 16384
# How many functions of a stage are printed.
FUNCTIONS = 8
# The first stage whose patterns are all in the stack gets the sample, so a stage comes after those that it calls.
STAGES = [
    ("zstd", [r"^ZSTD_|^HUF_|^FSE_|^HIST_|zstd_safe::"]),
    ("gzip", [r"^zlib_rs::|^flate2::"]),
    ("SHA-256 of the file", [r"linq_export::checksum|^sha2::"]),
    ("file: writes, fsync, rename", [r"linq_export::(destination|atomic)|^std::fs|std::fs::File|std::sys::fs"]),
    ("encoding, without compression", [r"\bparquet::|linq_export::format"]),
    ("proof", [r"linq_export::proof"]),
    ("HTTP", [r"\b(reqwest|hyper|hyper_util|tower|h2|http|http_body_util)::"]),
    ("batches", [r"linq_export::decode", r"linq_export::pipeline::(contacts|batches)"]),
    ("decode: JSON to contacts", [r"linq_export::decode|Fetcher::decode"]),
    ("fetch: bodies, scheduling, pacing", [r"linq_export::(fetch|api|rate)"]),
    # Batches are made in the task that also schedules.
    ("batches", [r"linq_export::pipeline::(contacts|batches)"]),
    ("transform, digest, events", [r"linq_export::(transform|digest|events|report|pipeline)"]),
    ("tokio: waking, waiting, channels", [r"\b(tokio|mio|futures_\w+)::"]),
    ("start and end", [r"linq_export::|^_dl_|^clap|^main$|^_start$|^exit_mmap|^do_exit"]),
]
OTHER = "not attributed"


def stage(functions):
    stack = "\n".join(functions)
    for name, patterns in STAGES:
        if all(re.search(pattern, stack, re.MULTILINE) for pattern in patterns):
            return name
    return OTHER


def spot(functions):
    """The function that was running, and the innermost one of ours that led to it."""
    own = next((function for function in functions if "linq_export::" in function), "(none of ours)")
    return functions[0] if functions[0] == own else f"{functions[0]} in {own}"


def sampled(program, base_url, contacts_format, folder):
    """Runs an export under perf. Yields the functions of each sample."""
    data = folder / "perf.data"
    export = [program, "contacts", "--quiet", "--base-url", base_url, "--rate", "unlimited", "--concurrency", "16"]
    record = ["perf", "record", "--quiet", "--event", "task-clock", "--freq", str(HERTZ), "--call-graph", f"dwarf,{STACK}"]
    subprocess.run(
        [*record, "--output", data, "--", *export, "--output", folder / f"contacts.{contacts_format}"],
        env=ENVIRONMENT | {"LINQ_INTEGRATION_TOKEN": TOKEN}, stdin=subprocess.DEVNULL, check=True,
    )
    # Names of inlined functions would take minutes to look up.
    script = ["perf", "script", "--input", data, "--fields", "comm,ip,sym", "--no-inline"]
    text = subprocess.run(script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for sample in text.decode(errors="replace").split("\n\n"):
        # The first line names the thread; the others have an address and a function each.
        frames = [frame.split(maxsplit=1) for frame in sample.strip().splitlines()[1:]]
        if functions := [frame[1] for frame in frames if len(frame) == 2]:
            yield functions


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--format", default="parquet")
    parser.add_argument("--functions", action="store_true", help="also print the costliest functions of each stage")
    return parser.parse_args()


def main():
    asked = arguments()
    program = Program(asked.program)
    with tempfile.TemporaryDirectory() as own, program.sandbox(asked.contacts) as base_url:
        samples = list(sampled(program.path, base_url, asked.format, Path(own)))
    stages = Counter(map(stage, samples))
    total = sum(stages.values())
    print(f"{asked.contacts:,} contacts to {asked.format}: {total / HERTZ:.2f} CPU s\n\n| stage | share | CPU s |\n|---|---|---|")
    for name, count in stages.most_common():
        print(f"| {name} | {count / total:.1%} | {count / HERTZ:.2f} |")
    if asked.functions:
        for name, count in stages.most_common():
            print(f"\n{name}")
            costs = Counter(spot(functions) for functions in samples if stage(functions) == name)
            for functions, least in costs.most_common(FUNCTIONS):
                print(f"  {least / count:4.0%}  {functions}")


if __name__ == "__main__":
    main()
