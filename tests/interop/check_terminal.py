#!/usr/bin/env python3
"""Runs exports in terminals of 40, 80 and 200 columns, and compares the last screens with `screens/`.

    python check_terminal.py PROGRAM [--update]
"""

import fcntl
import os
import pty
import re
import struct
import sys
import tempfile
import termios
from pathlib import Path

import pyte

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (40, 80, 200)
ROWS = 40
ARGUMENTS = ["contacts", "--sandbox", "--sandbox-contacts", "8000"]
FILE = ["--rate", "40", "-o", "contacts.parquet"]
# A list without an order, which is read twice.
TWICE = ["--sandbox-order", "name", "--require", "complete", "--rate", "60", "-o", "twice.parquet"]


def run(program, home, columns, more=FILE, environment=()):
    """Runs an export in a terminal. Returns the screens after each chunk of output, and the last one with its attributes."""
    screen = pyte.Screen(columns, ROWS)
    stream = pyte.ByteStream(screen)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        names = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "HOME": str(home), **dict(environment)}
        # The window has its size before the program asks for it.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        os.execve(program, [str(program), *ARGUMENTS, *more], names)
    raw, screens = b"", []
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        if not chunk:
            break
        raw += chunk
        stream.feed(chunk)
        screens.append([line.rstrip() for line in screen.display if line.strip()])
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 0, f"exit {code}: {raw.decode(errors='replace')}"
    return screens, raw.decode()


def bars(screens):
    """The rows of the bar on each screen."""
    return [[row for row in rows if re.match(r"^[█▌░]", row)] for rows in screens]


def check_bar(screens, columns):
    shown = bars(screens)
    assert all(len(rows) <= 1 for rows in shown), f"a stale copy of the bar at {columns} columns: {shown}"
    rows = [row for rows in shown for row in rows]
    assert len(set(rows)) > 5, f"the bar does not move at {columns} columns: {rows}"
    for row in rows:
        assert len(row) < columns, f"the bar fills the row at {columns} columns: {row!r}"
        pages = re.search(r"([\d,]+) of ([\d,]+) pages", row)
        if pages:
            done, planned = (int(number.replace(",", "")) for number in pages.groups())
            assert done <= planned, row
        assert not re.search(r"\w+$", row) or re.search(r"(left|pages|server|requests/s|contacts?|B|bytes|checking)$", row), row
    assert any(" left" in row for row in rows), f"no time left at {columns} columns: {rows}"
    return rows


def last_screen(screens):
    text = "\n".join(screens[-1])
    text = re.sub(r"\d+\.\d s", "N s", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME UTC", text) + "\n"


def main():
    program, update = Path(sys.argv[1]).resolve(), "--update" in sys.argv
    SCREENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for columns in WIDTHS:
            Path(home, "contacts.parquet").unlink(missing_ok=True)
            Path(home, "contacts.parquet.manifest.json").unlink(missing_ok=True)
            screens, raw = run(program, home, columns)
            rows = check_bar(screens, columns)
            assert any(row.startswith("█") and "left" in row for row in rows)
            found, file = last_screen(screens), SCREENS / f"{columns}.txt"
            if update:
                file.write_text(found)
            assert found == file.read_text(), f"another screen at {columns} columns than in {file.name}:\n{found}"
            # The links are to the files, and colors are on.
            assert f"\x1b]8;;file://{os.path.realpath(home)}/contacts.parquet\x1b\\" in raw, raw[-2000:]
            assert "\x1b[1;32mcompleteness:\x1b[0m" in raw
        screens, raw = run(program, home, 80, environment=[("NO_COLOR", "1")])
        assert "\x1b[1;32m" not in raw and "\x1b]8;" not in raw, raw[-2000:]
        screens, _ = run(program, home, 80, TWICE)
        rows = check_bar(screens, 80)
        assert any(re.search(r"80 pages, checking \(\d+ read again\)", row) for row in rows), rows
        screens, raw = run(program, home, 80, ["-o", "-", "--format", "ndjson", "--limit", "300", "--columns", "id"])
        assert not any(bars(screens)), "a bar beside the output in the same terminal"
        assert "not checked (stopped after --limit 300" in raw
    print(f"terminals of {', '.join(map(str, WIDTHS))} columns show what they should")


if __name__ == "__main__":
    main()
