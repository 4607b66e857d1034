"""The kits and schemas that exports.py has written, for the checks that run them."""

import tables

# A way with its kit: what each engine loads.
WAYS = [("portable-zstd", "parquet"), ("ndjson", "ndjson"), ("ndjson", "ndjson.gz"), ("ndjson", "ndjson.zst")]
FOLDERS = [("folder", "parquet"), ("folder-ndjson", "ndjson.gz"), ("partitions", "2026-01-31")]
CSV = [("csv", "csv"), ("csv", "csv.gz"), ("csv", "csv.zst")]


def kits(folder):
    """Each kit's form, table, name, and folder by organisation."""
    for form in tables.FORMS:
        for way, of in WAYS + FOLDERS + (CSV if form != "struct" else []):
            def kit_of(organisation):
                return folder / organisation / form / way / f"kit.{of}"

            for table in tables.names(form):
                yield f"{form}, {table}, {way}, {of}", table, kit_of


def schemas(folder, dialect):
    """Each schema's form, table and text."""
    for form in tables.FORMS:
        for table in tables.names(form):
            yield form, table, (folder / "schemas" / form / f"{dialect}.{table}").read_text()


def tried(what, course, *arguments):
    try:
        course(*arguments)
    except Exception as error:
        raise AssertionError(f"{what}: {error}") from error
