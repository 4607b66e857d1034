#!/usr/bin/env python3
"""Validates the examples for schedulers, and runs those that can be run: many organizations by xargs, the query over all reports, Dagster.

    python check_fleet.py PROGRAM
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from fleet import Fleet
from program import ENVIRONMENT, Program

EXAMPLES = Path(__file__).parents[2] / "examples"
TOOLS = Path(sys.executable).parent
KUBERNETES = "1.35"


def validate():
    for name in ("cronjob.yaml", "indexed-job.yaml"):
        subprocess.run([TOOLS / "kubernetes-validate", "--strict", "-k", KUBERNETES, EXAMPLES / "kubernetes" / name], check=True)
    check = [TOOLS / "check-jsonschema", "--builtin-schema"]
    subprocess.run([*check, "vendor.github-workflows", EXAMPLES / "github-actions/linq-export.yml"], check=True)
    subprocess.run([*check, "vendor.compose-spec", EXAMPLES / "docker/compose.yaml"], check=True)


def profiles(program):
    """The example of a configuration file."""
    def said(*arguments):
        return subprocess.run([program.path, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout

    assert said("profiles", "--config", EXAMPLES / "config.toml") == "north\nsouth\n"
    shown = json.loads(said("config", "--config", EXAMPLES / "config.toml", "--profile", "south", "--json"))
    found = {option["name"]: (option["value"], option["source"]) for option in shown["options"]}
    assert found["rate"] == ("5", "profile") and found["output"] == ("/srv/linq/south/contacts.parquet", "defaults"), found


def many(fleet):
    """Every profile, side by side: one that fails does not stop the others."""
    command = '"$1" profiles | xargs -P 2 -I{} "$1" contacts --profile {}'
    done = subprocess.run(["sh", "-c", command, "sh", fleet.program], env=fleet.environment, capture_output=True, text=True)
    # What xargs exits with if a command has failed.
    assert done.returncode == 123, done.stderr
    found = {name: json.loads((fleet.reports / name / "report.json").read_text()) for name in fleet.names}
    assert [found[name]["exit_code"] for name in fleet.names] == [0, 0, 77], found


def query(fleet):
    sql = (EXAMPLES / "fleet.sql").read_text()
    os.chdir(fleet.reports)
    rows = duckdb.sql(sql).fetchall()
    columns = [column[0] for column in duckdb.sql(sql).description]
    rows = [dict(zip(columns, row)) for row in rows]
    # The failed one comes first.
    assert [row["organization"] for row in rows] == ["stranger", "north", "south"], rows
    assert (rows[0]["code"], rows[0]["retry"], rows[0]["level"]) == (77, "no", None) and "401" in rows[0]["message"], rows
    assert rows[1]["contacts"] == 2500 and rows[1]["level"] == "snapshot" and rows[1]["hours_ago"] in (0, 1), rows


def dagster(fleet):
    home = Path(fleet.home, "dagster")
    home.mkdir()
    environment = fleet.environment | {
        "DAGSTER_HOME": str(home), "LINQ_EXPORT_DELAY": "0", "PYTHONWARNINGS": "ignore", "DAGSTER_DISABLE_TELEMETRY": "1"
    }

    def materialize(partition):
        return subprocess.run(
            [TOOLS / "dagster", "asset", "materialize", "-f", EXAMPLES / "dagster/linq_export.py", "--select", "contacts",
             "--partition", partition],
            env=environment, capture_output=True, text=True, timeout=120,
        )

    done = materialize("north")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "RUN_SUCCESS" in done.stderr, done.stderr
    done = materialize("stranger")
    assert done.returncode != 0 and "exit code 77" in done.stderr and "STEP_FAILURE" in done.stderr, done.stderr
    assert "STEP_UP_FOR_RETRY" not in done.stderr, done.stderr
    # An API that is down may come back.
    with fleet.down():
        done = materialize("south")
    assert "STEP_UP_FOR_RETRY" in done.stderr, done.stderr


def main():
    validate()
    profiles(Program(sys.argv[1]))
    with tempfile.TemporaryDirectory() as home, Fleet(Program(sys.argv[1]), home) as fleet:
        many(fleet)
        query(fleet)
        dagster(fleet)
    print("the examples for schedulers are valid; xargs, DuckDB and Dagster run them")


if __name__ == "__main__":
    main()
