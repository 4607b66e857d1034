"""Contacts with every known trap for readers of warehouses, within the years that all of them support."""

import json

from reference import TEXT


HARD_TEXT = [
    "東京 Ω̈ é", "👩‍👩‍👧", "\u200b\u2028\u202e", "a\0b", "\0", "\x01\x02", "\x1b[31m",
    "two\nlines", "carriage\r\nreturn\r", "tab\there", "", " ", " leading and trailing ", "comma, comma",
    '"', '""', '"quoted" text', "'; drop table contacts; --", "\\", "\\N", "\\n", "\\.", "two\n\\.\nlines",
    "$1 {a} %s", "=1+1", "+15551234567", "-1", "@SUM(A1)", "007", "1e5", "null", "NULL", "NaN", "-", "3:abc", "true",
    "2025-01-01", "2025-01-01T00:00:00Z", "12:00:00", "d9428888-122b-11e1-b85c-61cd3cbb3210", '{"a": 1}', "[1]", "a" * 5_000,
]
TIMES = [
    "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000001Z", "2001-09-09T01:46:40Z",
    "1999-12-31T23:59:59.999999-05:00",
    # Hours that do not exist, or exist twice, in New York and Berlin.
    "2025-03-09T02:30:00Z", "2025-11-02T01:30:00-04:00", "2025-11-02T01:30:00-05:00", "2024-10-27T02:30:00+02:00",
    "2024-02-29T12:34:56.789012+05:45", "2038-01-19T03:14:08.000001Z", "2099-12-31T23:59:59.999999Z", "2100-12-31T23:59:59.999999Z",
]
IDS = [2**31, 2**53 - 1, 2**53 + 1, 2**60 + 1, 2**63 - 2, 2**63 - 1]
# Contradictory copies of one owner: the latest counts, which is neither first nor last here.
COPIES = [
    {"id": 5, "email": "jane@old.example", "first_name": "Jane", "last_name": "Old", "name": "Jane Old"},
    {"id": 5, "email": "jane@new.example", "first_name": "Jane", "last_name": "New", "name": "Jane New"},
    {"id": 5, "email": "jane@old.example", "first_name": "Jane", "last_name": "Old", "name": "Jane Old"},
]
# Two owners whose copies have equal times: the greatest contact id counts, which comes first here.
TIES = [
    {"id": 2**62 + 1, "updated_at": "2025-07-30T10:00:00Z", "contact_owner": {"id": 8, "name": "greatest id"}},
    {"updated_at": "2025-07-30T10:00:00Z", "contact_owner": {"id": 8, "name": "another"}},
    {"updated_at": None, "contact_owner": {"id": 8, "name": "never updated"}},
    {"id": 2**62 + 2, "contact_owner": {"id": 9, "name": "greatest id"}},
    {"contact_owner": {"id": 9, "name": "another"}},
]
OWNERS = [
    None, {"id": 2**63 - 1, "email": "", "first_name": "\0", "last_name": None, "name": "東京, \"quoted\"\r\n"}, {"id": 2**53 + 1},
    # An owner without an id: its contacts cannot be grouped, but its other fields are kept.
    {"email": "nobody@example.com", "name": "Nobody"}, {"id": None, "name": ""}, {"id": 7, "name": "null"},
]


def contacts():
    """No contact has an image_url, so that column is all null."""
    columns = [column for column in TEXT if column != "image_url"]
    made = [
        {column: text for column, text in zip(columns, HARD_TEXT[start:] + HARD_TEXT[:start])}
        for start in range(len(HARD_TEXT))
    ]
    made += [{"created_at": time, "updated_at": time} for time in TIMES]
    made += [{"id": number} for number in IDS]
    made += [{"contact_owner": owner} for owner in OWNERS]
    made += [
        {"contact_owner": owner, "updated_at": f"2025-07-30T10:00:00.00000{microsecond}Z"}
        for owner, microsecond in zip(COPIES, [1, 3, 2])
    ]
    made += TIES
    made += [{}, dict.fromkeys(["image_url", "created_at", "updated_at", "contact_owner", *columns])]
    made += [{"nickname": "Bo, \"the\"\r\n\0", "tags": ["x", None, {"y": 2.50}], "contact_owner": {"id": 6, "team": "north"}}]
    made += [{"nickname": "Al", "contact_owner": {"id": "none", "team": "south", "name": "No number"}}]
    return [{"id": number, **contact} for number, contact in enumerate(made, 1)]


def changed():
    """Changes one character of a contact."""
    made = contacts()
    made[3]["first_name"] = "a\0c"
    return made


def owner_changed():
    """Changes one character of an owner."""
    made = contacts()
    there = next(contact for contact in made if (contact.get("contact_owner") or {}).get("name") == "null")
    there["contact_owner"] = there["contact_owner"] | {"name": "nulL"}
    return made


def for_postgres():
    """Those that PostgreSQL can hold, and psql reads in CSV: before version 18, a line `\\.` ends it even within quotes."""
    stops = [json.dumps(text).strip('"') for text in ("\0", "\n\\.\n")]
    return [contact for contact in contacts() if not any(stop in json.dumps(contact) for stop in stops)]


def before(after):
    """An earlier state of contacts: some are not there yet, some differ, and some are only there."""
    made = [dict(contact) for number, contact in enumerate(after) if number % 5]
    for contact in made[::3]:
        contact["title"] = "" if contact.get("title") is None else None
    gone = [{**contact, "id": number} for number, contact in enumerate(after[:40], 1_000_000)]
    return made + gone


MADE = {"traps": contacts, "changed": changed, "owner_changed": owner_changed, "for_postgres": for_postgres, "empty": list}


def pages(contacts):
    return [json.dumps(contact, ensure_ascii=False).encode() for contact in contacts]


ORGANIZATIONS = {name: pages(make()) for name, make in MADE.items()}
# Two states of an organization, the earlier one first.
PAIRS = {name: (pages(before(MADE[name]())), ORGANIZATIONS[name]) for name in ["traps", "for_postgres"]}
