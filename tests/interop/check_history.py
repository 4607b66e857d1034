"""Thirty nights in a row: a sandbox whose contacts change is exported each night, and the changes are applied in DuckDB.

    python tests/interop/check_history.py target/debug/linq-export

Each night, the table must have the digest of the night's export, and in the end the history must have the contacts of each night.
Prints how many checks passed, and exits with 1 if one failed.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import duckdb

import checks
import kit
import manifests
from program import TOKEN, Program

NIGHTS = 30
CONTACTS = 1_000
# Half a write per page during an export, and as many more during the day as pages that are read then.
CHURN = "0.5,insert=2,delete=2,update=3"
PAGES_A_DAY = 60
FORMATS = ["parquet", "ndjson.gz", "csv"]


class Night:
    """The files of a night: its export, and the changes since the night before."""

    def __init__(self, folder, number):
        self.folder = folder / f"{number:02}"
        self.folder.mkdir()
        self.export = self.folder / f"contacts.{FORMATS[number % len(FORMATS)]}"
        self.changes = self.folder / f"changes.{FORMATS[number // 2 % len(FORMATS)]}"

    def script(self, kind, name):
        return (self.folder / kind / f"duckdb.{name}").read_text()

    def verdict(self, connection, table="contacts"):
        """What the digest query of the night's export says of a table."""
        text = self.script("kit", "digest.sql")
        [[said]] = connection.execute(kit.FROM_CONTACTS.sub(f"FROM {table}", text)).fetchall()
        return said


def a_day_passes(base_url):
    for _ in range(PAGES_A_DAY):
        url = f"{base_url}/api/partner/v2/contacts?page=1&per_page=1"
        request = Request(url, headers={"X-LINQ-INTEGRATION-TOKEN": TOKEN})
        build_opener(ProxyHandler({})).open(request, timeout=30).read()


def nights(program, folder):
    """Exports each night, and compares it with the night before: every other night in the same run, else afterwards."""
    made = []
    with program.sandbox(CONTACTS, "--churn", CHURN) as base_url:
        for number in range(NIGHTS + 1):
            night = Night(folder, number)
            kit_of_changes, compares = night.folder / "changes-kit", []
            if made and number % 2 == 1:
                compares = ["--previous", made[-1].export, "--changes", night.changes, "--changes-kit", kit_of_changes]
            options = ["--base-url", base_url, "--kit", night.folder / "kit", "--require", "complete", *compares]
            program.export(night.export, *options)
            if made and not compares:
                program.says("changes", made[-1].export, night.export, "-o", night.changes, "--kit", kit_of_changes)
            made.append(night)
            a_day_passes(base_url)
    return made


def applied(connection, night):
    for script in ["changes.sql", "history.sql"]:
        connection.execute(night.script("changes-kit", script))


def check_each_night_leads_to_the_next(first, *others):
    ends = [(manifest["from"], manifest["to"]) for manifest in (manifests.of(night.changes) for night in others)]
    for number, ((_, before), (after, _)) in enumerate(zip(ends, ends[1:]), 1):
        assert before["sha256_of_manifest"] == after["sha256_of_manifest"], f"night {number + 1}"
    assert len(ends) == NIGHTS


def check_the_table_is_the_export_each_night_and_the_history_has_all_of_them(first, *others):
    kinds = Counter()
    with duckdb.connect() as connection:
        connection.execute(first.script("kit", "sql"))
        for night in others:
            kinds.update(manifests.of(night.changes)["changes"]["by_type"])
            applied(connection, night)
            assert night.verdict(connection) == "equal", f"{night.folder.name}: {night.verdict(connection)}"
        assert all(kinds[kind] > NIGHTS for kind in ["insert", "update_postimage", "delete"]), kinds
        assert connection.execute("SELECT count(*) FROM contacts_changes").fetchall() == [(kinds.total(),)]
        for night in [first, *others]:
            at = f"TIMESTAMPTZ '{manifests.of(night.export)['times']['finished_at']}'"
            table = f"contacts_history WHERE valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at})"
            assert night.verdict(connection, table) == "equal", f"{night.folder.name}: {night.verdict(connection, table)}"


def check_a_night_that_is_left_out_is_noticed(first, one, left_out, third, *_):
    with duckdb.connect() as connection:
        connection.execute(first.script("kit", "sql"))
        applied(connection, one)
        fails(connection, third.script("changes-kit", "changes.sql"))
        assert one.verdict(connection) == "equal", "the table has changed"
        # Applied, but not added to the history.
        connection.execute(left_out.script("changes-kit", "changes.sql"))
        connection.execute(third.script("changes-kit", "changes.sql"))
        fails(connection, third.script("changes-kit", "history.sql"))
        assert third.verdict(connection) == "equal", "the table has changed"


def fails(connection, script):
    try:
        connection.execute(script)
    except duckdb.Error as error:
        assert "differs: " in str(error), error
        connection.execute("ROLLBACK")
    else:
        raise AssertionError("the script has not failed")


def main():
    program = Program(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        return checks.run(globals(), *nights(program, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
