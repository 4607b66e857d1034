"""The time between two exports: the contacts of a sandbox change with each page that is read."""

from urllib.request import ProxyHandler, Request, build_opener

from program import TOKEN

# As many writes as the pages of an export cause, and more.
PAGES_A_DAY = 60


def a_day_passes(base_url):
    for _ in range(PAGES_A_DAY):
        url = f"{base_url}/api/partner/v2/contacts?page=1&per_page=1"
        request = Request(url, headers={"X-LINQ-INTEGRATION-TOKEN": TOKEN})
        build_opener(ProxyHandler({})).open(request, timeout=30).read()
