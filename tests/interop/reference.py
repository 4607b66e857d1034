"""A second implementation of the decoder, in another language: the JSON of a page to rows of plain values.

Text is `str`, integers and timestamps (microseconds since 1970, UTC) are `int`, `extra` is text that holds a JSON
object. It shares nothing with the program except the API documentation and the table of columns.
"""

import json
import re
from datetime import datetime, timedelta, timezone

TEXT = ["first_name", "last_name", "full_name", "email", "phone_number", "company", "title", "location", "image_url"]
TIMES = ["created_at", "updated_at"]
OWNER = ["email", "first_name", "last_name", "name"]
COLUMNS = ["id", *TEXT, *TIMES, "owner_id", *(f"owner_{key}" for key in OWNER), "extra"]
INTEGERS = {"id", "owner_id"}

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SPACED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4})")
SURROGATE = re.compile("[\ud800-\udfff]")


def contacts(body):
    """The contacts of a page as JSON values; invalid Unicode is replaced."""
    return readable(json.loads(body.decode("utf-8", "replace")))["contacts"]


def row(contact):
    """The row of a contact."""
    held, extra = {"id": integer(contact.pop("id"))}, {}
    owner = contact.pop("contact_owner", None)
    for key, value in contact.items():
        if not takes(held, key if key in TEXT + TIMES else None, value):
            extra[key] = value
    if isinstance(owner, dict):
        for key, value in owner.items():
            if not takes(held, f"owner_{key}" if key in ["id", *OWNER] else None, value):
                extra[f"contact_owner.{key}"] = value
    elif owner is not None:
        extra["contact_owner"] = owner
    held["extra"] = extra or None
    return [held.get(column) for column in COLUMNS]


def takes(held, column, value):
    """Whether a column accepts the value. Every column accepts null."""
    if column is None or value is None:
        return column is not None
    held[column] = (integer if column in INTEGERS else instant if column in TIMES else text)(value)
    return held[column] is not None


def text(value):
    return value if isinstance(value, str) else None


def integer(value):
    """The 64-bit integer in a number or a numeric string."""
    number = int(value) if re.fullmatch(r"-?\d+", str(value)) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def instant(value):
    """Microseconds since 1970; `None` if it is not a timestamp."""
    if not isinstance(value, str):
        return None
    if spaced := SPACED.fullmatch(value):
        value = f"{spaced[1]}{spaced[2]}"
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (read - EPOCH) // timedelta(microseconds=1) if read.tzinfo else None


def readable(value):
    """The same value, with U+FFFD for lone surrogates."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, dict):
        return {readable(key): readable(item) for key, item in value.items()}
    return value
