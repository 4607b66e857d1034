"""A mock of Google Cloud Storage's XML API: objects with generations, and multipart uploads."""

import hashlib
import itertools
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from api import Server

# The smallest part that is not the last of its upload.
LEAST_PART = 5 << 20
# Entries of a page of a list: the real one has 1,000. A client must read all pages.
PER_PAGE = 2
GENERATIONS = itertools.count(1_700_000_000_000_000)
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class Object:
    body: bytes
    generation: int
    etag: str
    updated: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


@dataclass
class Upload:
    key: str
    parts: dict = field(default_factory=dict)


@dataclass
class Bucket:
    objects: dict = field(default_factory=dict)
    uploads: dict = field(default_factory=dict)

    def put(self, key, body, etag=None):
        self.objects[key] = Object(body, next(GENERATIONS), etag or f'"{hashlib.md5(body).hexdigest()}"')
        return self.objects[key]


class Refused(Exception):
    """A status other than 200, with the code of the error."""

    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Store:
    """The buckets, and what one request does to them."""

    def __init__(self):
        self.buckets, self.lock = {}, threading.Lock()

    def respond(self, method, bucket, key, query, headers, body):
        """The status, headers and body of a response."""
        with self.lock:
            if bucket not in self.buckets:
                raise Refused(404, "NoSuchBucket")
            there = self.buckets[bucket]
            if not key:
                return self.uploads(there, query) if "uploads" in query else self.objects(there, query)
            if "uploads" in query or "uploadId" in query:
                return self.multipart(there, method, bucket, key, query, body)
            return self.object(there, method, key, query, headers, body)

    def object(self, there, method, key, query, headers, body):
        found = there.objects.get(key)
        wanted = headers.get("x-goog-if-generation-match")
        if wanted is not None and wanted != str(found.generation if found else 0):
            raise Refused(412, "PreconditionFailed")
        if method == "PUT":
            return 200, described(there.put(key, body)), b""
        if found is None or query.get("generation", str(found.generation)) != str(found.generation):
            raise Refused(404, "NoSuchKey")
        if method == "DELETE":
            del there.objects[key]
            return 204, {}, b""
        if headers.get("if-match", found.etag) != found.etag:
            raise Refused(412, "PreconditionFailed")
        if headers.get("if-none-match") == found.etag:
            return 304, described(found), b""
        if asked := RANGE.fullmatch(headers.get("range", "")):
            return ranged(found, *asked.groups())
        return 200, described(found), found.body

    def multipart(self, there, method, bucket, key, query, body):
        if "uploads" in query:
            upload = f"upload/{next(GENERATIONS)}+="
            there.uploads[upload] = Upload(key)
            return xml("InitiateMultipartUploadResult", element("Bucket", bucket), element("Key", key), element("UploadId", upload))
        upload = there.uploads.get(query["uploadId"])
        if upload is None or upload.key != key:
            raise Refused(404, "NoSuchUpload")
        if method == "PUT":
            etag = f'"{hashlib.md5(body).hexdigest()}"'
            upload.parts[int(query["partNumber"])] = etag, body
            return 200, {"ETag": etag}, b""
        found = there.put(key, assembled(upload, body), f'"-{next(GENERATIONS)}"') if method == "POST" else None
        del there.uploads[query["uploadId"]]
        if found is None:
            return 204, {}, b""
        status, headers, text = xml("CompleteMultipartUploadResult", element("Key", key), element("ETag", found.etag))
        return status, headers | {"x-goog-generation": str(found.generation)}, text

    @staticmethod
    def objects(there, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        names = set()
        for key in there.objects:
            if key.startswith(prefix) and key > query.get("start-after", ""):
                rest = key[len(prefix):]
                folded = delimiter and delimiter in rest
                names.add(prefix + rest.split(delimiter)[0] + delimiter if folded else key)
        names, more = page(sorted(name for name in names if name > query.get("continuation-token", "")), query.get("max-keys"))
        entries = [
            contents(name, there.objects[name]) if name in there.objects
            else f"<CommonPrefixes>{element('Prefix', name)}</CommonPrefixes>" for name in names
        ]
        following = [element("NextContinuationToken", names[-1])] if more else []
        return xml("ListBucketResult", element("IsTruncated", str(more).lower()), *following, *entries)

    @staticmethod
    def uploads(there, query):
        after = query.get("key-marker", ""), query.get("upload-id-marker", "")
        # Without the second marker, the list goes on after all uploads of the key.
        after = after if "upload-id-marker" in query else (after[0], "\U0010ffff" if after[0] else "")
        open_ones = sorted((upload.key, name) for name, upload in there.uploads.items() if upload.key.startswith(query.get("prefix", "")))
        shown, more = page([upload for upload in open_ones if upload > after], query.get("max-uploads"))
        entries = [
            f"<Upload>{element('Key', key)}{element('UploadId', upload)}<Initiated>2026-01-31T00:00:00.000Z</Initiated></Upload>"
            for key, upload in shown
        ]
        following = [element("NextKeyMarker", shown[-1][0]), element("NextUploadIdMarker", shown[-1][1])] if more else []
        return xml("ListMultipartUploadsResult", element("IsTruncated", str(more).lower()), *following, *entries)


def page(entries, most):
    most = min(int(most or PER_PAGE), PER_PAGE)
    return entries[:most], len(entries) > most


def assembled(upload, body):
    """The object that the parts named in the body of a request make."""
    named = [
        (int(part.findtext("{*}PartNumber")), part.findtext("{*}ETag").strip('"'))
        for part in ElementTree.fromstring(body).findall("{*}Part")
    ]
    parts = [upload.parts.get(number, ("", b"")) for number, _ in named]
    if not named or any(etag.strip('"') != wanted for (etag, _), (_, wanted) in zip(parts, named)):
        raise Refused(400, "InvalidPart")
    if [number for number, _ in named] != sorted({number for number, _ in named}):
        raise Refused(400, "InvalidPartOrder")
    if any(len(part) < LEAST_PART for _, part in parts[:-1]):
        raise Refused(400, "EntityTooSmall")
    return b"".join(part for _, part in parts)


def described(found):
    return {
        "ETag": found.etag, "x-goog-generation": str(found.generation), "Accept-Ranges": "bytes",
        "Last-Modified": format_datetime(found.updated, usegmt=True), "Content-Type": "application/octet-stream",
    }


def ranged(found, first, last):
    size = len(found.body)
    start, end = (int(first), int(last or size)) if first else (max(size - int(last), 0), size)
    if start >= size:
        raise Refused(416, "InvalidRange")
    end = min(end, size - 1)
    return 206, described(found) | {"Content-Range": f"bytes {start}-{end}/{size}"}, found.body[start:end + 1]


def element(name, text):
    return f"<{name}>{escape(text)}</{name}>"


def contents(key, found):
    return "<Contents>" + "".join([
        element("Key", key), element("Generation", str(found.generation)), element("ETag", found.etag),
        element("Size", str(len(found.body))), element("LastModified", found.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
    ]) + "</Contents>"


def xml(name, *elements):
    namespace = 'xmlns="http://doc.s3.amazonaws.com/2006-03-01"'
    text = f"<?xml version='1.0' encoding='UTF-8'?><{name} {namespace}>{''.join(elements)}</{name}>"
    return 200, {"Content-Type": "application/xml; charset=UTF-8"}, text.encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Sends headers and body in one packet: two would wait for an acknowledgment in between.
    wbufsize = -1

    def respond(self):
        address = urlsplit(self.path)
        bucket, _, key = address.path.removeprefix("/").partition("/")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        try:
            status, answer, text = self.server.store.respond(self.command, unquote(bucket), unquote(key), query, headers, body)
        except Refused as refused:
            status, answer = refused.status, {"Content-Type": "application/xml; charset=UTF-8"}
            text = f"<?xml version='1.0' encoding='UTF-8'?><Error>{element('Code', refused.code)}</Error>".encode()
        self.send_response(status)
        for name, value in answer.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(text)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = respond

    def log_message(self, *_):
        pass


@contextmanager
def served():
    """Serves an empty store. Yields its base URL, and the store."""
    server = Server(("127.0.0.1", 0), Handler)
    server.store = Store()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.store
    finally:
        server.shutdown()
        server.server_close()
