"""Runs every code block of README.md and docs/*.md, each page in an empty directory of its own.

    python tests/interop/readme.py target/debug/linq-export

`sh` blocks run in bash, `sql` blocks in DuckDB, `python` blocks in this Python, in their order and against a sandbox, with a
token where the page expects it. `toml` and `json` blocks are parsed; `rust` blocks are tested by `cargo test`; `text` blocks
show output. A block that cannot run here has a comment before it, `<!-- not run: REASON -->`, and is listed. Blocks in
other languages must have one. Ends with how many passed; exits 1 if one failed.
"""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import duckdb

from program import ENVIRONMENT, TOKEN, Program

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^(?:<!-- not run: ([^\n]+) -->\n)?```([\w,]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The port that the pages' sandboxes listen on; it may be taken on this machine.
PORT = "8080"
# The oldest DuckDB is installed without the packages of the Python recipes.
PACKAGES = ("pandas", "polars")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def run_sh(text, directory, environment):
    environment = environment | {"LINQ_INTEGRATION_TOKEN": TOKEN}
    if "--sandbox" in text or "--base-url" in text:
        del environment["LINQ_EXPORT_BASE_URL"]
    done = subprocess.run(
        ["bash", "-e", "-c", text.replace(PORT, free_port())],
        cwd=directory, env=environment, input=f"{TOKEN}\n", capture_output=True, text=True, timeout=120,
    )
    return done.returncode == 0, (done.stdout + done.stderr)[-2_000:]


def run_sql(text, connection):
    try:
        return True, "\n".join(str(connection.sql(one) or "") for one in text.split(";") if one.strip())
    except duckdb.Error as error:
        return False, str(error)


def run_python(text, directory):
    done = subprocess.run([sys.executable, "-c", text], cwd=directory, capture_output=True, text=True, timeout=120)
    return done.returncode == 0, done.stdout + done.stderr


def run_toml(text):
    try:
        return True, str(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return False, str(error)


def run_json(text):
    try:
        return True, str(json.loads(text))
    except json.JSONDecodeError as error:
        return False, str(error)


def missing(language, text):
    """The program or package that the block needs and that is not installed, if any."""
    if language == "python":
        return next((name for name in PACKAGES if name in text and not importlib.util.find_spec(name)), None)
    words = {line.split()[0] for line in text.splitlines() if line.strip()}
    return next((word for word in ("curl", "openssl") if word in words and not shutil.which(word)), None)


def blocks(page):
    """The blocks of a page: reason not to run, language, text."""
    text = page.read_text()
    found = BLOCK.findall(text)
    fences = len(re.findall(r"^```", text, re.MULTILINE))
    assert fences == 2 * len(found), f"{page.name}: {fences} fences, {len(found)} blocks"
    assert text.count("<!-- not run") == sum(bool(reason) for reason, *_ in found), f"{page.name}: a comment without a block"
    return found


def run_page(page, program, base_url):
    """Runs the blocks of a page; gives how many passed, failed and were skipped."""
    counts = {"ok": 0, "FAILED": 0, "SKIPPED": 0}
    with tempfile.TemporaryDirectory() as home, contextlib.closing(duckdb.connect()) as connection:
        directory = Path(home, "work")
        directory.mkdir()
        Path(home, "linq-export").symlink_to(program.path)
        token = Path(home, ".linq-token")
        token.write_text(TOKEN)
        token.chmod(0o600)
        environment = ENVIRONMENT | {
            "HOME": home, "PATH": f"{home}{os.pathsep}{ENVIRONMENT['PATH']}", "LINQ_EXPORT_BASE_URL": base_url,
        }
        connection.execute(f"set file_search_path = '{directory}'")
        for reason, language, text in blocks(page):
            language = language.split(",")[0]
            if language == "rust" or language == "text" and not reason:
                continue
            if reason or (needed := missing(language, text)) is not None:
                counts["SKIPPED"] += 1
                print(f"SKIPPED, {page.name}: {reason or f'{needed} is not installed'}:\n{text}")
                continue
            runs = {
                "sh": lambda: run_sh(text, directory, environment), "sql": lambda: run_sql(text, connection),
                "python": lambda: run_python(text, directory), "toml": lambda: run_toml(text), "json": lambda: run_json(text),
            }
            passed, output = runs.get(language, lambda: (False, f"no way to run {language!r}: mark it as not run"))()
            verdict = "ok" if passed else "FAILED"
            counts[verdict] += 1
            print(f"{verdict}, {page.name}:\n{text}{'' if passed and language != 'sql' else output}")
    return counts


def main():
    program = Program(sys.argv[1])
    total = {}
    print(f"DuckDB {duckdb.__version__}")
    for page in PAGES:
        with program.sandbox(2_500) as base_url:
            for verdict, count in run_page(page, program, base_url).items():
                total[verdict] = total.get(verdict, 0) + count
    print(f"{total['ok']} passed, {total['FAILED']} failed, {total['SKIPPED']} skipped")
    return 1 if total["FAILED"] or not total["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
