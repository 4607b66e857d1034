"""A proxy in front of a store or an API that records requests, and lets a check decide what becomes of each.

A behavior is a coroutine function of a request and of `forward`, which sends the request on and returns the response. It
returns a response in turn, or `None` to reset the connection.
"""

import asyncio
import random
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

SECONDS = 60
LIMIT = 1 << 20
RESET = struct.pack("ii", 1, 0)


@dataclass
class Request:
    number: int
    method: str
    target: str
    headers: list
    body: bytes
    status: int | None = None

    def without(self, *names):
        """The request without some headers."""
        return replace(self, headers=[(name, value) for name, value in self.headers if name.lower() not in names])

    def header(self, wanted):
        return next((value for name, value in self.headers if name.lower() == wanted), None)

    def path(self):
        """The decoded path, which starts with the name of the bucket."""
        return unquote(self.target.partition("?")[0])

    def head(self):
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")

    def __str__(self):
        return f"{self.number}: {self.method} {self.target} {len(self.body)} bytes: {self.status or 'no response'}"


@dataclass
class Response:
    status: int
    headers: list
    body: bytes

    def text(self):
        lines = [f"HTTP/1.1 {self.status} Status", *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


class Proxy:
    """One listening port. `upstream` and `behavior` may be replaced at any time; `requests` has those that arrived in full."""

    def __init__(self, upstream, behavior):
        self.upstream, self.behavior = upstream, behavior
        self.requests, self.active, self.fault = [], 0, None
        self.connections = set()
        # No body may contain these; large ones, of parts, are not searched.
        self.secrets = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def settled(self):
        """Waits until no request is on its way to the store."""
        wait_until(lambda: self.active == 0, "the proxy still forwards requests")

    def log(self):
        """The last requests."""
        return "\n".join(map(str, self.requests[-40:]))

    async def serve(self, reader, writer):
        # The loop itself does not keep it.
        self.connections.add(connection := asyncio.current_task())
        try:
            while (request := await self.receive(reader)) is not None:
                self.active += 1
                try:
                    response = await self.behavior(request, self.forward)
                finally:
                    self.active -= 1
                if response is None:
                    # Closing with this option resets the connection.
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    writer.transport.abort()
                    return
                writer.write(response.text())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The program has closed the connection or was killed, or the check is over.
        except Exception as fault:
            self.fault = fault
        finally:
            writer.close()
            self.connections.discard(connection)

    async def receive(self, reader):
        """The next request of a connection; `None` at its end."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        (method, target, _), headers = head.split("\r\n")[0].split(" "), fields(head)
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        request = Request(len(self.requests) + 1, method, target, headers, await reader.readexactly(length))
        request.number = len(self.requests) + 1
        if length < LIMIT and any(secret.encode() in request.body for secret in self.secrets):
            self.fault = AssertionError(f"a secret is in the body of {request}")
        self.requests.append(request)
        return request

    async def forward(self, request):
        address = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=LIMIT)
        try:
            writer.write(request.head() + request.body)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            body = await reader.read()
        finally:
            writer.close()
        status, headers = int(head.split(" ")[1]), fields(head)
        self.requests[request.number - 1].status = status
        # Without `Connection`, and with a length: to the client, the connection stays open.
        kept = [(name, value) for name, value in headers if name.lower() not in ("connection", "keep-alive")]
        bodiless = request.method == "HEAD" or status in (204, 304)
        if not bodiless and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in kept):
            kept.append(("Content-Length", str(len(body))))
        return Response(status, kept, b"" if bodiless else body)


def fields(head):
    pairs = (line.partition(":") for line in head.split("\r\n")[1:] if line)
    return [(name, value.strip()) for name, _, value in pairs]


def wait_until(condition, otherwise, seconds=SECONDS):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, otherwise
        time.sleep(0.01)


class Loop:
    """The event loop of all proxies, in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)


LOOP = Loop()


async def passing(request, forward):
    return await forward(request)


@contextmanager
def to(upstream, behavior=passing):
    """Runs a proxy to a base URL."""
    proxy = Proxy(upstream, behavior)
    server = LOOP.run(asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=LIMIT))
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
        if proxy.fault:
            raise proxy.fault
    finally:
        LOOP.run(close(server, proxy))


async def close(server, proxy):
    server.close()
    for connection in [*proxy.connections]:
        connection.cancel()


class Kill:
    """Kills the program at a request: before it reaches the store, or after it but before the response reaches the program."""

    def __init__(self, chosen, after):
        self.chosen, self.after, self.process, self.done = chosen, after, None, False

    async def __call__(self, request, forward):
        chosen = self.chosen(request)
        if self.done or (chosen and not self.after):
            return await self.kill()
        response = await forward(request)
        return await self.kill() if chosen else response

    async def kill(self):
        self.done = True
        while self.process is None:
            await asyncio.sleep(0.001)
        self.process.kill()


class Hold:
    """Holds requests that a function chooses, until they are released. Each is answered then."""

    def __init__(self, chosen, after=False):
        self.chosen, self.after, self.holds, self.released = chosen, after, threading.Event(), threading.Event()

    async def __call__(self, request, forward):
        if self.released.is_set() or not self.chosen(request):
            return await forward(request)
        response = await forward(request) if self.after else None
        self.holds.set()
        while not self.released.is_set():
            await asyncio.sleep(0.01)
        return response or await forward(request)


class Failing:
    """Fails a share of all requests, chosen with a seed: without the store's doing anything, or after it has done it."""

    def __init__(self, seed, share):
        self.chance, self.share, self.failed = random.Random(seed), share, 0

    async def __call__(self, request, forward):
        if self.chance.random() >= self.share:
            return await forward(request)
        self.failed += 1
        if self.chance.random() < 0.5:
            await forward(request)
        return self.chance.choice([None, error(request, 503, "SlowDown"), error(request, 500, "InternalError")])


class Down:
    """Resets every connection from a request on that a function chooses."""

    def __init__(self, chosen):
        self.chosen, self.down = chosen, False

    async def __call__(self, request, forward):
        self.down = self.down or self.chosen(request)
        return None if self.down else await forward(request)


class Refuse:
    """Refuses every request as S3 does."""

    def __init__(self, status, code, message="", headers=()):
        self.answer = status, code, message, headers

    async def __call__(self, request, forward):
        return error(request, *self.answer)


async def ignoring_conditions(request, forward):
    """A store that does not know conditional requests."""
    return await forward(request.without("if-match", "if-none-match"))


def error(request, status, code, message="", headers=()):
    """An error as S3 words it. The response to HEAD has no body, as everywhere."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message or code}</Message>'
        "<RequestId>4442587FB7D0A2F9</RequestId><HostId>host</HostId></Error>"
    ).encode()
    told = [("Content-Type", "application/xml"), ("Content-Length", str(len(body))), *headers]
    return Response(status, told, b"" if request.method == "HEAD" else body)
