"""Makes the exports that the readers are tried on, once for all of them, and what they should hold.

    python tests/interop/exports.py target/debug/linq-export FOLDER

Needs nothing but Python. `FOLDER/expected.json` has the rows by form and table: what the API's own pages say. Each
export lies at `FOLDER/ORGANISATION/FORM/WAY/contacts.ENDING`; a way is a profile and a compression, `ndjson` or `csv`.
Beside it lies its kit, in `kit.ENDING`.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import api
import read_python
import tables
import traps
from program import Program

PROFILES = ["portable", "compact"]
COMPRESSIONS = ["none", "snappy", "gzip", "zstd", "lz4"]
ENDINGS = ["", ".gz", ".zst"]
# Two runs at once: on two cores, more gain nothing.
AT_ONCE = 2


def ways(organisation):
    """The folder, the file and the options of each export: of the traps all, of the others the usual ones."""
    parquet = product(PROFILES, COMPRESSIONS) if organisation == "traps" else [("portable", "zstd")]
    settings = [
        (f"{profile}-{compression}", "parquet", ["--parquet-profile", profile, "--compression", compression])
        for profile, compression in parquet
    ]
    settings += [("ndjson", f"ndjson{compressed}", []) for compressed in ENDINGS]
    # A spreadsheet has no structs.
    csv = [("csv", f"csv{compressed}", []) for compressed in ENDINGS]
    return [(form, *setting) for form in tables.FORMS for setting in settings + (csv if form != "struct" else [])]


def with_extra_parsed(rows):
    return [[*row[:-1], None if row[-1] is None else json.loads(row[-1])] for row in rows]


def expected(folder, form, asked):
    """The rows of the form, as the standard library reads them in NDJSON; they must be what the pages say."""
    rows = {"contacts": read_python.rows(folder / "contacts.ndjson", tables.contacts(form))}
    wanted = [tables.shaped(row, form) for row in asked]
    tables.same(with_extra_parsed(rows["contacts"]), wanted, tables.contacts(form), f"{folder} against the API's pages")
    if form == "table":
        rows["owners"] = read_python.rows(folder / "contacts.owners.ndjson", tables.OWNERS)
        owners, contradictions = tables.owners(asked)
        tables.same(rows["owners"], owners, tables.OWNERS, f"the owners of {folder} against the API's pages")
        told = json.loads((folder / "contacts.ndjson.manifest.json").read_text())["owners"]
        assert (told["rows"], told["contradictions"]) == (len(owners), contradictions), f"{folder}: {told}"
    return rows


def main():
    program, folder = Program(sys.argv[1]), Path(sys.argv[2]).resolve()
    everything = {}
    for organisation, contacts in traps.ORGANISATIONS.items():
        with api.served(contacts) as base_url, ThreadPoolExecutor(AT_ONCE) as pool:
            def export(form, way, ending, options):
                there = folder / organisation / form / way
                there.mkdir(parents=True, exist_ok=True)
                kit = ["--kit", there / f"kit.{ending}"]
                program.export(there / f"contacts.{ending}", "--base-url", base_url, "--owners", form, *kit, *options)

            for made in [pool.submit(export, *way) for way in ways(organisation)]:
                made.result()
            asked = api.asked(base_url)
        everything[organisation] = {
            form: expected(folder / organisation / form / "ndjson", form, asked) for form in tables.FORMS
        }
    (folder / "expected.json").write_text(json.dumps(everything))


if __name__ == "__main__":
    main()
