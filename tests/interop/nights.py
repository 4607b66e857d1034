"""Three nights in a row with the kit's load script, and what goes wrong in them; for any warehouse.

A warehouse has `formats`: the names and options of the exports it loads; `table` and `text`: the table and the type of texts in SQL; `ask`, which
returns the one value of a query; `run`, which runs a statement; `load`, which runs the script of a kit; `drop`, which removes the
schema `crm`; and `reset`, which leaves it empty.
"""

import shutil
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

from program import TOKEN

NIGHTS = 3
CONTACTS = 300
CHURN = "0.5,insert=2,delete=2,update=3"
PAGES_A_DAY = 40
KIT = ["--owners", "table", "--kit-table", "crm.contacts"]
BELOW_COMPLETE = ["--order", "unstable-ties", "--shared-timestamps", "50"]


def a_day_passes(base_url):
    for _ in range(PAGES_A_DAY):
        url = f"{base_url}/api/partner/v2/contacts?page=1&per_page=1"
        request = Request(url, headers={"X-LINQ-INTEGRATION-TOKEN": TOKEN})
        build_opener(ProxyHandler({})).open(request, timeout=30).read()


class Course:
    """One place for exports and their kit, as a nightly run has it."""

    def __init__(self, program, warehouse, folder, way):
        name, self.options = way
        self.program, self.warehouse, self.kit = program, warehouse, folder / "the kit"
        self.folder, self.output = folder, f"{folder}/{name}"
        warehouse.reset()

    def export(self, base_url, *options, deletes=True):
        options = [*self.options, *KIT, *(["--kit-deletes"] if deletes else []), *options]
        self.program.export(self.output, "--base-url", base_url, "--kit", self.kit, *options)

    def loaded(self, code, *verdicts, kit=None):
        """Runs the script, which must end with a code, and print these verdicts. Returns its stderr."""
        done = self.warehouse.load(kit or self.kit)
        said = f"exit {done.returncode}: {done.stdout}{done.stderr}"
        assert done.returncode == code, said
        # bq quotes a text with spaces.
        found = done.stdout.replace('"', "").splitlines()
        assert found[:len(verdicts)] == list(verdicts) and (verdicts or not found), said
        return done.stderr

    def equals(self):
        self.loaded(0, "contacts: equal", "owners: equal")

    def ids(self):
        """The ids in the table, as text."""
        return self.warehouse.ask(f"SELECT STRING_AGG(CAST(id AS {self.warehouse.text}), ',') FROM {self.warehouse.table}")


def each(program, warehouse, folder):
    for number, way in enumerate(warehouse.formats):
        there = folder / f"it's {number}"
        there.mkdir()
        yield Course(program, warehouse, there, way)


def first(program, warehouse, folder):
    """A course with a single file."""
    folder.mkdir()
    return Course(program, warehouse, folder, warehouse.formats[0])


def check_three_nights_end_equal(program, warehouse, folder):
    for course in each(program, warehouse, folder):
        nights = []
        with program.sandbox(CONTACTS, "--churn", CHURN) as base_url:
            for _ in range(NIGHTS):
                course.export(base_url, "--require", "complete")
                course.equals()
                nights.append(set(course.ids().split(",")))
                a_day_passes(base_url)
        for before, after in zip(nights, nights[1:]):
            assert before - after, "no contact was deleted in the night"
            assert after - before, "no contact was inserted in the night"
        # A second run in the same night.
        course.equals()


def check_what_others_changed_is_repaired(program, warehouse, folder):
    course = first(program, warehouse, folder / "repaired")
    with program.sandbox(CONTACTS) as base_url:
        course.export(base_url)
    course.equals()
    table = warehouse.table
    warehouse.run(f"UPDATE {table} SET company = 'changed by hand' WHERE id = (SELECT MIN(id) FROM {table})")
    warehouse.run(f"INSERT INTO {table} (id) VALUES (7)")
    assert changed(warehouse) == 1
    course.equals()
    assert changed(warehouse) == 0


def check_damaged_files_are_not_loaded(program, warehouse, folder):
    course = first(program, warehouse, folder / "damaged")
    with program.sandbox(CONTACTS) as base_url:
        course.export(base_url)
    course.equals()
    table = warehouse.table
    warehouse.run(f"UPDATE {table} SET company = 'changed by hand' WHERE id = (SELECT MIN(id) FROM {table})")
    file = Path(course.output)
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    course.loaded(65)
    file.unlink()
    course.loaded(66)
    assert changed(warehouse) == 1, "the script has loaded something"
    file.write_bytes(whole)
    course.equals()


def check_below_complete_nothing_is_deleted(program, warehouse, folder):
    course = first(program, warehouse, folder / "below")
    with program.sandbox(CONTACTS) as base_url:
        course.export(base_url)
        course.equals()
        before = course.ids()
        course.export(base_url, "--limit", "10")
    assert "this export is only `incomplete`" in (course.kit / "README.md").read_text()
    assert "deletes are off" in course.loaded(4, differs(CONTACTS, 10))
    assert sorted(course.ids().split(",")) == sorted(before.split(","))
    with program.sandbox(CONTACTS // 2, *BELOW_COMPLETE) as base_url:
        course.export(base_url)
    assert "this export is only `counted`" in (course.kit / "README.md").read_text()
    done = warehouse.load(course.kit)
    assert done.returncode == 4, done
    assert set(before.split(",")) <= set(course.ids().split(","))


def check_without_deletes_rows_remain(program, warehouse, folder):
    course = first(program, warehouse, folder / "without")
    with program.sandbox(CONTACTS) as base_url:
        course.export(base_url, deletes=False)
        course.equals()
    with program.sandbox(CONTACTS - 1) as base_url:
        course.export(base_url, deletes=False)
        course.loaded(4, differs(CONTACTS, CONTACTS - 1), "owners: equal")
        course.export(base_url)
    course.equals()


def check_the_kit_of_another_night_changes_nothing(program, warehouse, folder):
    for deletes in [True, False]:
        course = first(program, warehouse, folder / f"another-{deletes}")
        with program.sandbox(CONTACTS) as base_url:
            course.export(base_url, deletes=deletes)
        course.equals()
        before, other = course.ids(), course.folder / "other kit"
        with program.sandbox(CONTACTS + 1) as base_url:
            shutil.copytree(course.kit, other)
            course.export(base_url, deletes=deletes)
        course.loaded(1, kit=other)
        assert sorted(course.ids().split(",")) == sorted(before.split(","))
        course.equals()


def check_a_warehouse_that_refuses_makes_it_fail(program, warehouse, folder):
    course = first(program, warehouse, folder / "refused")
    with program.sandbox(CONTACTS) as base_url:
        course.export(base_url)
    warehouse.drop()
    course.loaded(1)


def changed(warehouse):
    return int(warehouse.ask(f"SELECT COUNT(*) FROM {warehouse.table} WHERE company = 'changed by hand'"))


def differs(found, exported):
    return f"contacts: the count differs: {found} in the table, {exported} exported"
