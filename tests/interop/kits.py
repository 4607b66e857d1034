"""The kits and schemas that exports.py has written, for the checks that run them."""

import tables

# The variant that each engine loads, with its kit.
WAYS = [("portable-zstd", "parquet"), ("ndjson", "ndjson"), ("ndjson", "ndjson.gz"), ("ndjson", "ndjson.zst")]
DIRS = [("folder", "parquet"), ("folder-ndjson", "ndjson.gz"), ("partitions", "2026-01-31")]
CSV = [("csv", "csv"), ("csv", "csv.gz"), ("csv", "csv.zst")]


def variants(form):
    """The variants in an owners form. CSV has no structs."""
    return WAYS + DIRS + (CSV if form != "struct" else [])


def kits(folder):
    """Each kit's owners form, table, name and directory."""
    for form in tables.FORMS:
        for way, of in variants(form):
            def kit_of(organization):
                return folder / organization / form / way / f"kit.{of}"

            for table in tables.names(form):
                yield f"{form}, {table}, {way}, {of}", table, kit_of


def schemas(folder, dialect):
    """Each schema's owners form, table and text."""
    for form in tables.FORMS:
        for table in tables.names(form):
            yield form, table, (folder / "schemas" / form / f"{dialect}.{table}").read_text()


def tried(what, course, *arguments):
    try:
        course(*arguments)
    except Exception as error:
        raise AssertionError(f"{what}: {error}") from error
