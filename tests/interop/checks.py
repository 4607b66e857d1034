"""Runs the checks of a script: its functions named `check_*`."""

import traceback


def run(names, *arguments):
    """Prints whether each check passed and how many did. Returns the exit code."""
    checks, failed = [check for name, check in names.items() if name.startswith("check_")], 0
    for check in checks:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            check(*arguments)
            print(f"ok: {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED: {name}\n{traceback.format_exc()}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0
