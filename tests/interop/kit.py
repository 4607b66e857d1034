"""The kit beside an export: its statements, and the course that each engine is put through with it."""

import re

STATEMENT_END = re.compile(r";[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
SWITCHED_OFF = re.compile(r"(take away the dashes before:\n)-- ", re.MULTILINE)


def name(dialect, table, rest):
    """The name of a file: those of the owners have `owners.` in theirs."""
    return f"{dialect}.{rest}" if table == "contacts" else f"{dialect}.owners.{rest}"


def statements(text):
    """The statements of a script, for an engine that takes them one by one."""
    return [one.strip() for one in STATEMENT_END.split(text) if COMMENT.sub("", one).strip()]


def with_deletes(text):
    """The script with its deletes switched on, as its comment says."""
    switched, times = SWITCHED_OFF.subn(r"\1", text)
    assert times == 1, f"deletes are switched off {times} times"
    return switched.replace("\n-- */\n", "\n*/\n")


def course(dialect, table, kit_of, run, verdict):
    """Loads, updates and deletes with the files of a kit, and proves each time what the table holds.

    `kit_of` gives the folder of an organisation's kit; `run` runs a script and `verdict` a digest's, as texts.
    """
    def text(organisation, rest):
        return (kit_of(organisation) / name(dialect, table, rest)).read_text()

    def judged(organisation):
        return verdict(text(organisation, "digest.sql"))

    def equals(organisation, after):
        assert judged(organisation) == "equal", f"{after}: {judged(organisation)}"

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
