"""Azurite, an emulator of Azure's blob storage: started with Node.js, and a client that signs its requests."""

import base64
import hmac
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener
from xml.etree import ElementTree

from program import ENVIRONMENT

SECONDS = 60
# Azurite's own account, which its documentation names.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2021-12-02"
UP = re.compile(r"successfully listens on (http://\S+)")


@contextmanager
def served(modules):
    """Runs Azurite, given the `node_modules` that it is installed in. Yields the URL of its blobs."""
    command = [shutil.which("node"), f"{modules}/azurite/dist/src/blob/main.js"]
    options = ["--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with tempfile.TemporaryDirectory() as folder:
        serving = subprocess.Popen(
            [*command, *options], cwd=folder, env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        try:
            said = []
            for line in serving.stdout:
                said.append(line)
                if up := UP.search(line):
                    break
            else:
                raise AssertionError(f"Azurite has ended: {''.join(said)}")
            # It must not wait for a reader of what it prints.
            threading.Thread(target=serving.stdout.read, daemon=True).start()
            yield up[1]
        finally:
            serving.terminate()
            serving.wait(timeout=SECONDS)


def signed(text):
    return base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()


class Client:
    """Requests with Azure's shared key."""

    def __init__(self, url):
        self.url = url

    def send(self, method, path, query=(), headers=(), body=b""):
        """The body of the response. `path` starts with the name of a container."""
        query, target = dict(query), f"/{ACCOUNT}/{quote(path)}"
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSION, **dict(headers)}
        # urllib adds a type to every body, and the type is signed.
        kind = "application/octet-stream" if body else ""
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{self.signature(method, target, query, headers, kind, len(body))}"
        if kind:
            headers["Content-Type"] = kind
        if method == "PUT":
            headers["Content-Length"] = str(len(body))
        url = f"{self.url}{target}" + (f"?{urlencode(query)}" if query else "")
        request = Request(url, data=body or None, headers=headers, method=method)
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return answer.read()

    @staticmethod
    def signature(method, target, query, headers, kind, length):
        own = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()) if name.startswith("x-ms-"))
        resource = f"/{ACCOUNT}{target}" + "".join(f"\n{name}:{value}" for name, value in sorted(query.items()))
        text = "\n".join([method, "", "", str(length or ""), "", kind, *[""] * 6]) + f"\n{own}{resource}"
        return signed(text)

    @staticmethod
    def sas():
        """A shared access signature for everything in the account, for an hour."""
        fields = {
            "ss": "b", "srt": "co", "sp": "rwdlac", "se": f"{datetime.now(timezone.utc) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "spr": "https,http", "sv": VERSION,
        }
        order = [fields["sp"], fields["ss"], fields["srt"], "", fields["se"], "", fields["spr"], fields["sv"], "", ""]
        return urlencode(fields | {"sig": signed("\n".join([ACCOUNT, *order]))})

    def make_container(self, name):
        self.send("PUT", name, {"restype": "container"})

    def remove_container(self, name):
        self.send("DELETE", name, {"restype": "container"})

    def names(self, container):
        """The names of all blobs: the emulator lists up to 5,000."""
        listed = self.send("GET", container, {"restype": "container", "comp": "list"})
        return [name.text for name in ElementTree.fromstring(listed).iterfind("Blobs/Blob/Name")]

    def get(self, container, name):
        """The contents of a blob; `None` if there is none."""
        try:
            return self.send("GET", f"{container}/{name}")
        except HTTPError as error:
            if error.code == 404:
                return None
            raise

    def put(self, container, name, body):
        self.send("PUT", f"{container}/{name}", headers={"x-ms-blob-type": "BlockBlob"}, body=body)
