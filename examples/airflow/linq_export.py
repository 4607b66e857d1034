"""One export per profile, as mapped tasks. A failure is retried only if the report says that it may pass."""

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.exceptions import AirflowFailException
from airflow.sdk import dag, task

PROGRAM = os.environ.get("LINQ_EXPORT_PROGRAM", "linq-export")


@dag(schedule="15 2 * * *", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False, max_active_runs=1)
def linq_export():
    @task
    def profiles():
        return subprocess.run([PROGRAM, "profiles"], check=True, capture_output=True, text=True).stdout.split()

    # The program retries requests by itself. A run that gave up is tried twice more.
    @task(retries=2, retry_delay=timedelta(minutes=10), max_active_tis_per_dagrun=4)
    def export(profile, reports=os.environ.get("LINQ_EXPORT_REPORTS", "/srv/linq")):
        report = Path(reports, profile, "report.json")
        report.unlink(missing_ok=True)
        report.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([PROGRAM, "contacts", "--profile", profile, "--report", report], stderr=subprocess.PIPE, text=True)
        print(done.stderr)
        ended = json.loads(report.read_text())
        if done.returncode == 0:
            # A pointer to the data, for the tasks that load it.
            return {"output": ended["output"], "level": ended["manifest"]["completeness"]["level"]}
        error = ended["error"]
        problem = RuntimeError if error["retry"] == "later" else AirflowFailException
        raise problem(f"exit code {done.returncode}: {error['message']}")

    export.expand(profile=profiles())


linq_export()
