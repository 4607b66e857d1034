"""A mock API for tests that serves given contacts on loopback, as a context manager."""

import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import reference
from program import TOKEN


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        contacts = self.server.contacts
        asked = {key: int(values[0]) for key, values in parse_qs(urlsplit(self.path).query).items()}
        page, per_page = asked.get("page", 1), asked.get("per_page", 25)
        pagination = {
            "current_page": page, "per_page": per_page,
            "total_pages": -(-len(contacts) // per_page), "total_count": len(contacts),
        }
        there = b",".join(contacts[(page - 1) * per_page:page * per_page])
        body = b'{"contacts":[' + there + b'],"pagination":' + json.dumps(pagination).encode() + b"}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Says nothing of connections that the program has closed, for example because it was killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*_)


@contextmanager
def served(contacts):
    """Serves contacts, each given as the bytes of its JSON. Yields the base URL."""
    server = Server(("127.0.0.1", 0), Handler)
    server.contacts = contacts
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def asked(base_url, per_page=100):
    """The expected rows for the pages of an API."""
    rows, page, pages = [], 1, 1
    while page <= pages:
        url = f"{base_url}/api/partner/v2/contacts?page={page}&per_page={per_page}"
        request = Request(url, headers={"X-LINQ-INTEGRATION-TOKEN": TOKEN})
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            body = answer.read()
        rows += map(reference.row, reference.contacts(body))
        pages = json.loads(body.decode("utf-8", "replace"))["pagination"]["total_pages"]
        page += 1
    return rows
