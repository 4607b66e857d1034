"""Measures what the bare parts of an export cost in CPU time: the floor below which no exporter gets with these tools.

    python limits.py BASE_URL PARQUET

HTTP: all pages over one connection by a bare socket, nothing parsed but the header. JSON: simdjson parses each page, and no
value is taken out. Parquet: pyarrow writes the table, already in memory, with zstd 1 and no statistics. One thread each.
"""

import socket
import sys
import time
from urllib.parse import urlsplit

import pyarrow
import pyarrow.parquet
import simdjson
from pages import HEADER, TOKEN, count, url

ROUNDS = 3
# Pages that are kept in memory for the parser; it parses them as often as there are pages.
KEPT = 500
RECEIVE = 1 << 20


def spent(work):
    """The least CPU time of several rounds, since others use the machine, too."""
    def once():
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(once() for _ in range(ROUNDS))


class Connection:
    """Reads pages over a connection that stays open."""

    def __init__(self, base_url):
        address = urlsplit(base_url)
        self.base_url, self.host = base_url, address.netloc
        self.socket = socket.create_connection((address.hostname, address.port))
        self.buffer = memoryview(bytearray(RECEIVE))

    def page(self, number):
        path = url(self.base_url, number).removeprefix(self.base_url)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n{HEADER}: {TOKEN}\r\n\r\n".encode())
        received, end = self.socket.recv_into(self.buffer), None
        head, _, _ = bytes(self.buffer[:1024]).partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        end = len(head) + 4 + length
        while received < end:
            received += self.socket.recv_into(self.buffer[received:end])
        return self.buffer[len(head) + 4:end]


def http(connection, pages):
    for number in range(1, pages + 1):
        connection.page(number)


def json(bodies, pages):
    parser = simdjson.Parser()
    for number in range(pages):
        parser.parse(bodies[number % len(bodies)])


def parquet(table):
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd", compression_level=1, write_statistics=False)


def main():
    base_url, file = sys.argv[1:]
    pages, connection = count(base_url), Connection(base_url)
    bodies = [bytes(connection.page(number)) for number in range(1, min(pages, KEPT) + 1)]
    pyarrow.set_cpu_count(1)
    table = pyarrow.parquet.read_table(file, use_threads=False)
    print("| bare part | CPU s |\n|---|---|")
    print(f"| HTTP: a socket | {spent(lambda: http(connection, pages)):.2f} |")
    print(f"| JSON: simdjson | {spent(lambda: json(bodies, pages)):.2f} |")
    print(f"| Parquet: pyarrow, zstd 1 | {spent(lambda: parquet(table)):.2f} |")


if __name__ == "__main__":
    main()
