"""Measures exports to an object store beside the same exports to a local file.

    python benches/peers/stores.py target/dist/linq-export [--contacts N] [--rounds K] [--rate RATE]

The store is moto, a mock of S3, on this machine: this measures what the program needs, not a network. Local and remote exports
take turns, and read the same contacts from the same sandbox at the same rate. Prints a Markdown table of medians: CPU time,
wall time, and the peak of the resident memory (VmHWM). Exits with 1 if an export failed or does not verify, and with 77 if moto
cannot be installed. Not part of the gate.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
INTEROP = HERE.parents[1] / "tests" / "interop"
sys.path.insert(0, str(INTEROP))

import moto_server  # noqa: E402
from program import ENVIRONMENT, TOKEN, Program  # noqa: E402

FORMATS = ["parquet", "ndjson"]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "linq-export"
NOT_HERE = 77
SAMPLES_PER_SECOND = 50


def with_moto():
    """Starts again with the Python of the environment that the gate uses, if this one has no moto."""
    try:
        import moto  # noqa: F401
        return True
    except ImportError:
        requirements = INTEROP / "requirements-stores.txt"
        venv = CACHE / f"venv-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
        python = venv / "bin" / "python"
        if not (venv / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", requirements]
            if subprocess.run(pip).returncode != 0:
                return False
            (venv / "ready").touch()
        if Path(sys.executable) == python:
            return False
        os.execv(python, [python, __file__, *sys.argv[1:]])


def measured(command, environment, folder):
    """Runs a command. Returns its CPU time, wall time, and peak memory in MiB."""
    start, peak = time.monotonic(), 0
    with open(folder / "log", "w+") as log:
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        # What `wait4` says of memory may be this process's own.
        while (ended := os.wait4(child.pid, os.WNOHANG))[0] == 0:
            peak = max(peak, high_water(child.pid))
            time.sleep(1 / SAMPLES_PER_SECOND)
    wall, (_, status, usage) = time.monotonic() - start, ended
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"exit {child.returncode}: {' '.join(map(str, command))}\n{(folder / 'log').read_text()}")
    return usage.ru_utime + usage.ru_stime, wall, peak / 1024


def high_water(pid):
    """The peak of the resident memory of a process so far, in KiB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def remote_environment(endpoint):
    import boto3

    boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="bench", aws_secret_access_key="bench",
    ).create_bucket(Bucket="bench")
    return {
        "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
    }


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", default="unlimited", help="requests per second of all exports")
    return parser.parse_args()


def main():
    asked = arguments()
    if not with_moto():
        print("SKIPPED: everything: moto cannot be installed")
        return NOT_HERE
    program = Program(asked.program)
    with tempfile.TemporaryDirectory() as own, program.sandbox(asked.contacts) as base_url:
        folder = Path(own)
        with moto_server.served(folder) as endpoint:
            environment = ENVIRONMENT | {"LINQ_INTEGRATION_TOKEN": TOKEN} | remote_environment(endpoint)
            figures = {}
            for number in range(asked.rounds):
                for format in FORMATS:
                    for where in [f"{folder}/", "s3://bench/"]:
                        # A name of its own, so that no earlier export is read.
                        output = f"{where}{number}.{format}"
                        command = [program.path, "contacts", "--quiet", "--base-url", base_url, "--rate", asked.rate, "-o", output]
                        spent = measured(command, environment, folder)
                        figures.setdefault((format, where == "s3://bench/"), []).append(spent)
                        print(f"{output}: {spent[0]:.2f} CPU s, {spent[1]:.2f} s, {spent[2]:.0f} MiB", file=sys.stderr, flush=True)
                        if number == 0:
                            measured([program.path, "verify", "--quiet", output], environment, folder)
    print(f"\n{asked.contacts:,} contacts, {asked.rate} requests per second, medians of {asked.rounds} rounds:\n")
    print("| output | CPU s | wall s | peak MiB |\n|---|---|---|---|")
    for (format, remote), spent in figures.items():
        cpu, wall, peak = (median(figure) for figure in zip(*spent))
        print(f"| {'s3://' if remote else 'local file'}, {format} | {cpu:.2f} | {wall:.1f} | {peak:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
