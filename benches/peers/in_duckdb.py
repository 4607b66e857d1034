"""DuckDB as its users set it up for pages of contacts: the types, the columns of the result, and Parquet with zstd."""

import duckdb
from pages import COLUMNS, INSTANTS, INTEGERS, OWNER_TEXTS, TEXTS

OWNER = ", ".join(["id bigint", *(f"{name} varchar" for name in OWNER_TEXTS)])
CONTACT = ", ".join(
    ["id bigint", *(f'"{name}" varchar' for name in TEXTS), *(f"{name} timestamptz" for name in INSTANTS)]
)
# Types that are given need not be guessed from the first pages, which takes DuckDB longer and may guess wrong.
PAGE = f"columns = {{contacts: 'struct({CONTACT}, contact_owner struct({OWNER}))[]'}}"
FLAT = "contact.* exclude contact_owner, " + ", ".join(
    f"contact.contact_owner.{name} as owner_{name}" for name in ["id", *OWNER_TEXTS]
)

# The types of the flat columns.
TYPES = {
    column: "bigint" if column in INTEGERS else "timestamptz" if column in INSTANTS else "varchar" for column in COLUMNS
}


def connection():
    database = duckdb.connect()
    # Nobody needs the list's order in a table, and keeping it takes memory.
    database.execute("set preserve_insertion_order = false")
    return database


def to_parquet(database, files, target):
    """Writes the contacts of pages, given as URLs, paths or a pattern of paths."""
    source = f"read_json($files, format = 'newline_delimited', {PAGE})"
    database.execute(
        f"copy (select {FLAT} from (select unnest(contacts) as contact from {source})) to '{target}' (format parquet, codec zstd)",
        {"files": files},
    )
