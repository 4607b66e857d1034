"""What every contender knows about the API: the URLs of all pages, the token's header and the columns of a contact."""

import json
import os
from urllib.request import ProxyHandler, Request, build_opener

HEADER = "X-LINQ-INTEGRATION-TOKEN"
TOKEN = os.environ["LINQ_INTEGRATION_TOKEN"]
PER_PAGE = 100
# As many requests in flight as linq-export has.
CONCURRENCY = 16

TEXTS = ["first_name", "last_name", "full_name", "email", "phone_number", "company", "title", "location", "image_url"]
INSTANTS = ["created_at", "updated_at"]
OWNER_TEXTS = ["email", "first_name", "last_name", "name"]
INTEGERS = ["id", "owner_id"]
COLUMNS = ["id", *TEXTS, *INSTANTS, "owner_id", *(f"owner_{name}" for name in OWNER_TEXTS)]


def url(base_url, page):
    return f"{base_url}/api/partner/v2/contacts?page={page}&per_page={PER_PAGE}"


def count(base_url):
    """The number of pages, as page 1 has it."""
    request = Request(url(base_url, 1), headers={HEADER: TOKEN})
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)["pagination"]["total_pages"]
