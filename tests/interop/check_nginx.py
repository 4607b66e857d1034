"""Exports through nginx with `limit_req`, which refuses with 503 or 429 and without Retry-After.

    python tests/interop/check_nginx.py target/debug/linq-export [--measure]

Exits with 77 if nginx cannot be had. Prints the time of each export and how many checks passed, and exits with 1 if one failed.
With `--measure`, an export that takes too long fails, too: that needs a quiet machine.
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import checks
import nginx
from program import Program

PAGES, PER_PAGE = 600 if "--measure" in sys.argv else 200, 10
# The last page is short, so that nothing is read beyond it.
CONTACTS = PAGES * PER_PAGE - 1
RATE = 10
# Each with the rate per second, the burst and the status.
LIMITS = {f"{status}-burst-{burst}": (RATE, burst, status) for status in [503, 429] for burst in [0, 5]}
# The pages in which the rate is learned, and the share of requests that may be refused after them.
LEARNING, REFUSED = 100, 0.05
# How many times the ideal time an export may take, if that is measured.
SLOWEST = 1.15
NOT_HERE = 77


@dataclass
class Run:
    output: Path
    log: Path
    failure: Exception | None
    seconds: float

    def statuses(self):
        return [int(line) for line in self.log.read_text().split()]


def exported(program, name, base_url, folder):
    """Exports through one server."""
    output, failure, start = folder / f"{name}.ndjson", None, time.monotonic()
    try:
        program.export(output, "--base-url", base_url, "--per-page", PER_PAGE, "--require", "complete", rate="auto")
    except Exception as error:
        failure = error
    return Run(output, folder / f"{name}.log", failure, time.monotonic() - start)


def refused_after_learning(statuses):
    """How many requests were refused after the first pages, and how many were sent."""
    pages = [number for number, status in enumerate(statuses) if status == 200]
    rest = statuses[pages[LEARNING - 1] + 1:]
    return sum(status != 200 for status in rest), len(rest)


def learned(runs, name):
    """Checks that an export has all contacts and was seldom refused, and prints its time against a client that knows the limit."""
    run, (rate, burst, status) = runs[name], LIMITS[name]
    if run.failure:
        raise run.failure
    statuses = run.statuses()
    admitted = statuses.count(200)
    times = run.seconds * rate / (admitted - 1 - burst)
    refused, sent = refused_after_learning(statuses)
    print(
        f"{name}: {run.seconds:.1f} s, {times:.2f} times the ideal; {len(statuses) - admitted} of {len(statuses)} requests "
        f"refused, {refused} of {sent} after {LEARNING} pages",
        flush=True,
    )
    assert set(statuses) == {200, status}, set(statuses)
    ids = {json.loads(line)["id"] for line in run.output.read_text().splitlines()}
    assert len(ids) == CONTACTS, len(ids)
    assert refused <= REFUSED * sent, f"{refused} of {sent} requests refused after {LEARNING} pages"
    assert times <= SLOWEST or "--measure" not in sys.argv, f"{times:.2f} times the ideal, not {SLOWEST}"


def check_503_without_a_burst(runs):
    learned(runs, "503-burst-0")


def check_503_with_a_burst(runs):
    learned(runs, "503-burst-5")


def check_429_without_a_burst(runs):
    learned(runs, "429-burst-0")


def check_429_with_a_burst(runs):
    learned(runs, "429-burst-5")


def main():
    if (there := nginx.program()) is None:
        print("not here: nginx")
        return NOT_HERE
    program = Program(sys.argv[1])
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        with (
            program.sandbox(CONTACTS) as upstream,
            nginx.limiting(there, upstream, folder, LIMITS) as servers,
            ThreadPoolExecutor(len(LIMITS)) as pool,
        ):
            started = {name: pool.submit(exported, program, name, url, folder) for name, url in servers.items()}
            runs = {name: future.result() for name, future in started.items()}
        return checks.run(globals(), runs)


if __name__ == "__main__":
    sys.exit(main())
