"""Runs the README's recipes as they stand: `sh` blocks in bash, `sql` blocks in DuckDB, all in one empty folder.

    python tests/interop/readme.py target/debug/linq-export

They run against a sandbox, for which the token of the recipes is put where they look for it. Blocks that need cargo
or BigQuery are left to others, and named. Ends with how many passed; exits 1 if one failed.
"""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from program import ENVIRONMENT, TOKEN, Program

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```(sh|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The port that the README's sandbox listens on; it may be taken on this machine.
PORT = "8080"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def run_sh(text, folder, environment):
    done = subprocess.run(
        ["bash", "-e", "-c", text.replace(PORT, free_port())],
        cwd=folder, env=environment, input=f"{TOKEN}\n", capture_output=True, text=True, timeout=120,
    )
    return done.returncode == 0, (done.stdout + done.stderr)[-2_000:]


def run_sql(text, connection):
    try:
        return True, "\n".join(str(connection.sql(one) or "") for one in text.split(";") if one.strip())
    except duckdb.Error as error:
        return False, str(error)


def not_here(text):
    """What the block needs that is not here, if there is something."""
    words = {line.split()[0] for line in text.splitlines() if line.strip()}
    if others := words & {"cargo", "bq"}:
        return min(others)
    return next((word for word in ("curl", "openssl") if word in words and not shutil.which(word)), None)


def main():
    program = Program(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as home, program.sandbox(2_500) as base_url:
        folder = Path(home, "work")
        folder.mkdir()
        Path(home, "linq-export").symlink_to(program.path)
        Path(home, ".linq-token").write_text(TOKEN)
        environment = ENVIRONMENT | {
            "HOME": home, "PATH": f"{home}:{ENVIRONMENT['PATH']}", "LINQ_EXPORT_BASE_URL": base_url,
            "LINQ_INTEGRATION_TOKEN": TOKEN,
        }
        connection = duckdb.connect()
        connection.execute(f"set file_search_path = '{folder}'")
        for language, text in BLOCK.findall(README.read_text()):
            if missing := not_here(text):
                print(f"SKIPPED, for it needs {missing}:\n{text}")
                continue
            well, said = run_sh(text, folder, environment) if language == "sh" else run_sql(text, connection)
            print(f"{'ok' if well else 'FAILED'}:\n{text}{'' if well and language == 'sh' else said}")
            passed, failed = passed + well, failed + (not well)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
