"""Exports to object stores: S3 (moto), Azure (Azurite), and Google Cloud Storage (a mock of its XML API).

    python tests/interop/check_stores.py target/debug/linq-export [--azurite NODE_MODULES] [--only WORD] [--thorough]

Without `--azurite`, nothing is checked on Azure. Prints how many checks passed, and exits with 1 if one failed.
"""

import argparse
import functools
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import azurite
import checks
import gcs
import moto_server
import proxy
import stores_faults
import stores_formats
import stores_killed
import stores_refused
import stores_stalled
import stores_together
from program import Program
from stores import S3, Azure, Google
from stores_case import NEW, OLD, Case

MODULES = [stores_formats, stores_refused, stores_together, stores_faults, stores_stalled, stores_killed]


def chosen(modules, word):
    """The checks of some modules by name. One whose name starts with `each_` is run with all stores at the same time."""
    found = {}
    for module in modules:
        for name, check in vars(module).items():
            if name.startswith("each_check_"):
                found |= named(f"{name.removeprefix('each_')}_on_each_store", functools.partial(on_each_store, check))
            elif name.startswith("check_"):
                found |= named(name, check)
    return {name: check for name, check in found.items() if word in name}


def on_each_store(check, case):
    with ThreadPoolExecutor(len(case.stores)) as pool:
        started = {store.name: pool.submit(check, case, store) for store in case.stores}
    faults = [future.exception() for future in started.values() if future.exception()]
    if faults:
        raise ExceptionGroup(f"failed on {', '.join(name for name, future in started.items() if future.exception())}", faults)


def named(name, check):
    def timed(case):
        start = time.monotonic()
        try:
            check(case)
        finally:
            print(f"{time.monotonic() - start:5.1f} s ", end="", flush=True)

    timed.__name__ = name
    return {name: timed}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--azurite", type=Path, metavar="NODE_MODULES", help="where npm has installed Azurite")
    parser.add_argument("--only", default="", metavar="WORD", help="run only checks with this in their name")
    parser.add_argument("--thorough", action="store_true", help="kill runs at all requests, also at those that only read")
    return parser.parse_args()


def main():
    asked = arguments()
    program = Program(asked.program)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stores = [S3(stack.enter_context(moto_server.served(folder))), Google(*stack.enter_context(gcs.served()))]
        if asked.azurite:
            stores.append(Azure(stack.enter_context(azurite.served(asked.azurite))))
        old, new = (stack.enter_context(program.sandbox(contacts)) for contacts in (OLD, NEW))
        changing = {name: stack.enter_context(proxy.to(old)) for name in ["local", *(store.name for store in stores)]}
        case = Case(program, folder, stores, old, new, changing, thorough=asked.thorough)
        return checks.run(chosen(MODULES, asked.only), case)


if __name__ == "__main__":
    sys.exit(main())
