"""The digest of a table's contents, written a second time: of rows of plain values (see reference.py), leaves in schema order."""

from hashlib import sha256


def digest(rows):
    """How many rows there are, and the sum of their numbers: the same in every order, format and engine."""
    return len(rows), sum(int(sha256(b"".join(map(field, row))).hexdigest()[:15], 16) for row in rows)


def field(value):
    """`-` for null; else the value's length in bytes, a colon, and the value as text."""
    text = str(value).encode()
    return b"-" if value is None else b"%d:%s" % (len(text), text)
