"""The scripts of a kit, and the sequence of loads and checks that each engine runs with them."""

import re

STATEMENT_END = re.compile(r";[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
FROM_CONTACTS = re.compile(r"FROM (linq\.)?contacts(?: FINAL)?$", re.MULTILINE)
# ClickHouse does not allow a verdict in the message, and the emulator of BigQuery does not show it.
WRONG_CONTENTS = re.compile("the count differs: |the contents are not those of the new export|Current transaction is aborted")
COMMENTED_OUT = re.compile(r"(uncomment this line:\n)-- ", re.MULTILINE)


def name(dialect, table, suffix):
    """The name of a file: those of the owners have `owners.` in theirs."""
    return f"{dialect}.{suffix}" if table == "contacts" else f"{dialect}.owners.{suffix}"


def statements(text):
    """The statements of a script, for engines that take them one by one."""
    return [one.strip() for one in STATEMENT_END.split(text) if COMMENT.sub("", one).strip()]


def with_deletes(text):
    """The script with its deletes enabled, as its comment says."""
    enabled, times = COMMENTED_OUT.subn(r"\1", text)
    assert times == 1, f"deletes are commented out {times} times"
    return enabled


def course(dialect, table, kit_of, run, verdict):
    """Loads, updates and deletes with the scripts of a kit, and checks the contents of the table after each.

    `kit_of` gives the directory of an organization's kit; `run` runs a script, and `verdict` a digest query, given as text.
    """
    def text(organization, suffix):
        return (kit_of(organization) / name(dialect, table, suffix)).read_text()

    def judged(organization):
        return verdict(text(organization, "digest.sql"))

    def equals(organization, after):
        assert judged(organization) == "equal", f"{after}: {judged(organization)}"

    script = "merge.sql" if dialect == "bigquery" else "sql"
    changed = "changed" if table == "contacts" else "owner_changed"
    run(text("traps", script), "traps")
    equals("traps", "after the first load")
    assert judged("empty").startswith("the count differs: "), judged("empty")
    run(text(changed, script), changed)
    equals(changed, "after one character was changed")
    assert judged("traps").startswith("the sum differs: "), judged("traps")
    run(text("traps", script), "traps")
    equals("traps", "after it was changed back")
    run(text("empty", script), "empty")
    equals("traps", "after an empty export without deletes")
    run(with_deletes(text("empty", script)), "empty")
    equals("empty", "after an empty export with deletes")


class Refused(Exception):
    """A script has failed."""


def equals(ask, dialect, there, after, table=""):
    """Asks the digest query of a kit, of the contacts or of another table."""
    text = (there / f"{dialect}.digest.sql").read_text()
    found = ask(FROM_CONTACTS.sub(lambda found: f"FROM {found[1] or ''}{table}", text) if table else text)
    assert found == "equal", f"{after}: {found}"


def scripts(dialect, there):
    """The scripts that load an export, apply changes, and add them to the history."""
    script = "merge.sql" if dialect == "bigquery" else "sql"
    return [there / f"{dialect}.{name}" for name in (script, f"changes.{script}", "history.sql")]


def short_course(dialect, pair, kit_of_changes, run, ask):
    """Applies changes to the old export of a pair once, for engines that are slow."""
    run(scripts(dialect, pair.kit("old"))[0])
    run(scripts(dialect, kit_of_changes)[1])
    equals(ask, dialect, pair.kit("new"), "after applying once")


def changes_course(dialect, pair, kit_of_changes, kit_of_nothing, run, ask, instant):
    """Applies changes to the old export of a pair, adds them to the history, and checks both; everything twice.

    `run` runs a script, given as a path, and raises `Refused` if that fails. `ask` returns the one value of a query, and
    `instant` writes a time as a literal.
    """
    _, apply, history = scripts(dialect, kit_of_changes)

    def at(time):
        return f"contacts_history WHERE valid_from <= {time} AND (valid_to IS NULL OR valid_to > {time})"

    run(scripts(dialect, kit_of_nothing)[0])
    refused(run, apply)
    equals(ask, dialect, kit_of_nothing, "after changes of another table")
    run(scripts(dialect, pair.kit("old"))[0])
    for time in ["once", "twice"]:
        run(apply)
        equals(ask, dialect, pair.kit("new"), f"after applying {time}")
    equals(ask, dialect, kit_of_changes, "according to the kit of changes")
    # The script itself checks the current versions.
    run(history)
    run(history)
    dataset = "linq." if dialect == "bigquery" else ""
    found = int(ask(f"SELECT COUNT(*) FROM {dataset}contacts_changes"))
    assert found == pair.changes(), f"added twice: {found} rows, not {pair.changes()}"
    for export, table in [
        ("old", at(instant(pair.watermark("old")))), ("new", "contacts_history WHERE valid_to IS NULL"),
        ("new", at(instant("2100-01-01T00:00:00.000Z"))),
    ]:
        equals(ask, dialect, pair.kit(export), table, table)


def refused(run, script):
    try:
        run(script)
    except Refused as error:
        assert WRONG_CONTENTS.search(str(error)), error
        return
    raise AssertionError(f"{script.name} has not failed")
