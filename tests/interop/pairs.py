"""Pairs of exports, and the changes between them with a kit for each variant of kits.py.

In `DIR/pairs/ORGANIZATION/FORM` are the exports `old` and `new`, each with its own kit, and the changes as
`VARIANT/changes.EXT`, with their kit in `VARIANT/kit.EXT`. In `counted`, the new export is not proven to be complete.
"""

import shutil

import api
import manifests
import tables
import traps
from kits import variants

# PostgreSQL cannot be loaded from Parquet.
FORMATS = {"traps": "parquet", "for_postgres": "ndjson"}
OPTIONS = {
    "folder": ["--rows-per-file", "30"],
    "folder-ndjson": ["--rows-per-file", "30", "--format", "ndjson", "--compression", "gzip"],
    "partitions": ["--rows-per-file", "30", "--partition", "run_date=2026-01-31"],
}


class Pair:
    """Two exports in an owners form."""

    def __init__(self, folder, organization, form):
        self.folder, self.form = folder / "pairs" / organization / form, form
        self.format = FORMATS[organization]

    def export(self, name):
        return self.folder / f"{name}.{self.format}"

    def kit(self, name):
        """The kit of an export."""
        return self.folder / f"kit.{name}"

    def watermark(self, name):
        return manifests.of(self.export(name))["completeness"]["watermark"]

    def changes(self):
        """The number of changes, which is the same in all variants."""
        return manifests.of(self.folder / "ndjson" / "changes.ndjson")["changes"]["rows"]

    def variants(self):
        """The directory and the name of the kit of each variant of the changes."""
        for way, of in variants(self.form):
            is_parquet = of == "parquet" or way == "partitions"
            if self.format == "parquet" or not is_parquet:
                yield self.folder / way, of


def pairs(folder, organization):
    return [Pair(folder, organization, form) for form in tables.FORMS]


def once(folder, organization):
    """Each variant in one owners form only, for engines that are slow: the pair, the directory and the name of the kit."""
    forms = {}
    for pair in pairs(folder, organization):
        for there, of in pair.variants():
            forms.setdefault((there.name, of), []).append((pair, there, of))
    return [found[number % len(found)] for number, found in enumerate(forms.values())]


def make(program, folder):
    for organization, states in traps.PAIRS.items():
        shown = []
        with api.served(shown) as base_url:
            for name, state in zip(["old", "new"], states):
                shown[:] = state
                for pair in pairs(folder, organization):
                    pair.folder.mkdir(parents=True, exist_ok=True)
                    options = ["--base-url", base_url, "--owners", pair.form, "--kit", pair.kit(name)]
                    program.export(pair.export(name), *options)
        for pair in pairs(folder, organization):
            for there, of in pair.variants():
                there.mkdir(exist_ok=True)
                options = OPTIONS.get(there.name, [])
                output = f"{there}/changes.{of}" if not options else f"{there}/changes/"
                program.says(
                    "changes", pair.export("old"), pair.export("new"), "-o", output, "--kit", there / f"kit.{of}", *options,
                )
    make_counted(program, pairs(folder, "traps")[0])


def make_counted(program, pair):
    there = pair.folder / "counted"
    there.mkdir()
    new = there / "new.parquet"
    shutil.copy(pair.export("new"), new)
    manifest = manifests.of(pair.export("new"))
    manifest["completeness"] |= {"level": "counted", "assumptions": []}
    manifests.seal(new, manifest | {"file": manifest["file"] | {"name": new.name}})
    options = ["--require", "counted", "--kit", there / "kit"]
    program.says("changes", pair.export("old"), new, "-o", there / "changes.parquet", *options)
