#!/usr/bin/env python3
"""Runs the example for Airflow, with Airflow in a virtual environment of its own.

    python check_airflow.py PROGRAM
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from fleet import Fleet
from program import Program

DAGS = Path(__file__).parents[2] / "examples/airflow"
AIRFLOW = Path(sys.executable).parent / "airflow"


def main():
    with tempfile.TemporaryDirectory() as home, Fleet(Program(sys.argv[1]), home) as fleet:
        environment = fleet.environment | {
            "AIRFLOW_HOME": f"{home}/airflow", "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PATH": f"{AIRFLOW.parent}:{fleet.environment['PATH']}",
        }

        def airflow(*arguments):
            return subprocess.run([AIRFLOW, *arguments], env=environment, capture_output=True, text=True, timeout=300)

        done = airflow("db", "migrate")
        assert done.returncode == 0, done.stderr
        done = airflow("dags", "test", "linq_export", "2026-11-30")
        said = done.stdout + done.stderr
        # The two with a good token are exported, and the one without is not tried again.
        assert all((fleet.reports / name / "contacts.parquet").exists() for name in ("north", "south")), said
        assert "exit code 77" in said, said
        assert "AirflowFailException" in said, said
        fleet.names = ["north", "south"]
        fleet.configure(fleet.url)
        done = airflow("dags", "test", "linq_export", "2026-12-01")
        said = done.stdout + done.stderr
        assert done.returncode == 0 and "state=success" in said.replace("DagRunState.SUCCESS", "state=success"), said
    print("Airflow exports all profiles, and does not retry what would fail again")


if __name__ == "__main__":
    main()
