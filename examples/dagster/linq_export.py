"""The contacts of each organization as an asset whose partitions are the profiles. A failure is retried only if it may pass."""

import json
import os
import subprocess
from pathlib import Path

import dagster as dg

PROGRAM = os.environ.get("LINQ_EXPORT_PROGRAM", "linq-export")
REPORTS = os.environ.get("LINQ_EXPORT_REPORTS", "/srv/linq")
PROFILES = subprocess.run([PROGRAM, "profiles"], check=True, capture_output=True, text=True).stdout.split()


@dg.asset(
    partitions_def=dg.StaticPartitionsDefinition(PROFILES),
    retry_policy=dg.RetryPolicy(max_retries=2, delay=float(os.environ.get("LINQ_EXPORT_DELAY", "600"))),
)
def contacts(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    profile = context.partition_key
    report = Path(REPORTS, profile, "report.json")
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    done = subprocess.run([PROGRAM, "contacts", "--profile", profile, "--report", report], stderr=subprocess.PIPE, text=True)
    context.log.info(done.stderr)
    ended = json.loads(report.read_text())
    if done.returncode != 0:
        error = ended["error"]
        raise dg.Failure(
            f"exit code {done.returncode}: {error['message']}",
            metadata={"hint": error["hint"] or ""},
            allow_retries=error["retry"] == "later",
        )
    manifest = ended["manifest"]
    return dg.MaterializeResult(
        # The same contents have the same version, so that nothing downstream runs again.
        data_version=dg.DataVersion((manifest["file"] or manifest["parts"][0])["sha256"]),
        metadata={
            "contacts": manifest["contacts"]["rows"],
            "completeness": manifest["completeness"]["level"],
            "watermark": manifest["completeness"]["watermark"],
            "seconds": ended["seconds"],
        },
    )


@dg.schedule(cron_schedule="15 2 * * *", job=dg.define_asset_job("export", selection=[contacts]))
def nightly():
    return [dg.RunRequest(partition_key=profile) for profile in PROFILES]


definitions = dg.Definitions(assets=[contacts], schedules=[nightly])
