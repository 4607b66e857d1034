"""The tables of an export in each owners form: columns in order, each with its kind.

A kind is text, integer, timestamp, or the kinds of a struct's fields. A row of plain values has `str`,
`int`, `int` (microseconds since 1970, UTC) and lists for them.
"""

import reference

TEXT, INTEGER, INSTANT = "text", "integer", "instant"
FORMS = ["columns", "struct", "table"]
OWNER = {"id": INTEGER, **dict.fromkeys(reference.OWNER, TEXT)}
OWNERS = {**{f"owner_{key}": kind for key, kind in OWNER.items()}, "contacts": INTEGER}
NOT_NULL = {"id", "contacts"}


def kind(column):
    return INTEGER if column in reference.INTEGERS else INSTANT if column in reference.TIMES else TEXT


def names(form):
    """The tables of an export in an owners form."""
    return ["contacts", "owners"] if form == "table" else ["contacts"]


def columns(form, name):
    """The columns of a table, by its name."""
    return OWNERS if name == "owners" else contacts(form)


def contacts(form):
    """The columns of the contacts in an owners form."""
    own = {column: kind(column) for column in reference.COLUMNS if not column.startswith("owner_")}
    extra = {"extra": own.pop("extra")}
    owner = {f"owner_{key}": kind for key, kind in OWNER.items()}
    return own | {"columns": owner, "struct": {"contact_owner": OWNER}, "table": {"owner_id": INTEGER}}[form] | extra


def shaped(row, form):
    """A row of the form `columns` in another form."""
    values = dict(zip(reference.COLUMNS, row))
    owner = {key: values[f"owner_{key}"] for key in OWNER}
    known = {f"contact_owner.{key}": value for key, value in owner.items() if value is not None}
    values["contact_owner"] = list(owner.values()) if known else None
    # Without an id, an owner has no row in the owners' table.
    if form == "table" and owner["id"] is None and known:
        values["extra"] = (values["extra"] or {}) | known
    return [values[column] for column in contacts(form)]


def owners(rows):
    """The rows of the owners' table, and the number of contacts whose copy of the owner differs from it.

    Of copies that differ, the one on the contact that was updated last counts; of several, that on the greatest id.
    """
    copies = {}
    for row in rows:
        values = dict(zip(reference.COLUMNS, row))
        if values["owner_id"] is not None:
            updated = float("-inf") if values["updated_at"] is None else values["updated_at"]
            copy = [values[f"owner_{key}"] for key in OWNER]
            copies.setdefault(values["owner_id"], []).append((updated, values["id"], copy))
    found, contradictions = [], 0
    for _, held in sorted(copies.items()):
        *_, chosen = max(held)
        contradictions += sum(copy != chosen for *_, copy in held)
        found.append([*chosen, len(held)])
    return found, contradictions


def leaves(row, table):
    """The values of a row, with the fields of its struct inlined, as the digest needs them."""
    for value, kind in zip(row, table.values()):
        if isinstance(kind, dict):
            yield from value or [None] * len(kind)
        else:
            yield value


def same(found, expected, table, what):
    """Compares rows, and prints the first difference."""
    assert len(found) == len(expected), f"{what}: {len(found)} rows, not {len(expected)}"
    for number, (one, other) in enumerate(zip(found, expected), 1):
        for column, value, wanted in zip(table, one, other, strict=True):
            assert value == wanted, f"{what}: row {number}, {column}: {value!r}, not {wanted!r}"
