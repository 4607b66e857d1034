"""The scripts of a kit, and the sequence of loads and checks that each engine runs with them."""

import re

STATEMENT_END = re.compile(r";[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
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
