#!/usr/bin/env python3
"""Compares the forecast of `linq-export check` with the run that follows, on a sandbox of its own for each setting.

    python3 benches/forecast.py PROGRAM

A setting is what the server does and how it is read. Where the setting says so, two runs before have learned the rate.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

SETTINGS = [
    # name, sandbox options, options of the run, whether runs before learn the rate
    ("fixed rate 20/s", [], ["--rate", "20"], False),
    ("fixed rate 50/s, 200 ms", ["--latency", "200ms"], ["--rate", "50"], False),
    ("fixed rate 3/s", ["--contacts", "3000"], ["--rate", "3"], False),
    ("latency 300 ms, unlimited", ["--latency", "300ms"], ["--rate", "unlimited"], False),
    ("latency 500 ms, 4 at a time", ["--latency", "500ms"], ["--rate", "unlimited", "--concurrency", "4"], False),
    ("learned, limit 20/s", ["--rate", "20/s", "--latency", "50ms"], [], True),
    ("learned, limit 20/s, burst 60", ["--rate", "20/s,burst=60", "--latency", "50ms"], [], True),
    ("learned, limit 300/60s fixed", ["--rate", "fixed:300/60s", "--latency", "50ms", "--contacts", "60000"], [], True),
    ("learned, limit 20/s sliding", ["--rate", "sliding:20/1s", "--latency", "50ms"], [], True),
    ("learned, no limit, 400 ms", ["--latency", "400ms"], [], True),
    ("learned, no limit, 100 ms", ["--latency", "100ms", "--contacts", "60000"], [], True),
    ("no order, complete", ["--order", "name", "--contacts", "15000"], ["--rate", "30", "--require", "complete"], False),
    ("limit of contacts", ["--contacts", "50000"], ["--rate", "30", "--limit", "20000"], False),
]


@contextmanager
def sandbox(program, options):
    server = subprocess.Popen(
        [program, "sandbox", "-q", *(["--contacts", "30000"] if "--contacts" not in options else []), *options],
        stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL,
    )
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def main():
    program = os.path.abspath(sys.argv[1])
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    worst = 0.0
    print(f"{'setting':<32} {'requests':>13} {'MB read':>13} {'seconds':>15}  error")
    for name, server, options, learns in SETTINGS:
        if only not in name:
            continue
        with sandbox(program, server) as url, tempfile.TemporaryDirectory() as home:
            environment = {"PATH": os.environ["PATH"], "LINQ_INTEGRATION_TOKEN": "sandbox-token"}
            arguments = ["--base-url", url, "-o", f"{home}/c.parquet", "-q", *options]

            def run(command, *more):
                ran = subprocess.run([program, command, *arguments, *more], env=environment, capture_output=True, text=True)
                assert ran.returncode == 0, ran.stderr
                return ran.stdout

            for _ in range(2 if learns else 0):
                run("contacts")
            forecast = json.loads(run("check", "--json"))["forecast"]
            run("contacts")
            manifest = json.loads(Path(home, "c.parquet.manifest.json").read_text())
        real = [manifest["run"]["requests"]["pages"], manifest["run"]["bytes_read"], manifest["times"]["seconds"]]
        told = [forecast["requests"], forecast["bytes_read"], forecast["seconds_min"]]
        off = [said / found - 1 for said, found in zip(told, real)]
        worst = max(worst, *map(abs, off))
        errors = " ".join(f"{share:+.1%}" for share in off)
        megabytes = f"{told[1] / 1e6:.1f}/{real[1] / 1e6:.1f}"
        print(f"{name:<32} {f'{told[0]}/{real[0]}':>13} {megabytes:>13} {f'{told[2]:.1f}/{real[2]:.1f}':>15}  {errors}", flush=True)
    print(f"worst: {worst:.1%}")


main()
