"""What attacks a service, from three addresses of loopback. Light: it waits for sockets and sends what is ready-made.

``python -m benchmarks.attackers KIND PORT SECONDS`` prints what came of it as one line.
"""

from __future__ import annotations

import heapq
import json
import resource
import selectors
import socket
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from struct import pack

ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
FORM = "/ru/question/q_unclear/"


@dataclass
class Attack:
    """How the connections of one address behave."""

    connections: int
    request: Callable[[], bytes] = bytes
    """What a connection sends at once."""
    drip: bytes = b""
    """What it sends afterwards, over and over."""
    every: float = 1.0
    """Seconds between two drips, or between an answer and the next request."""
    repeats: bool = True
    """A connection that was answered sends its request again; otherwise it is closed and opened anew."""
    per_second: int = 1000
    """Connections that an address opens in a second at most."""


def _head(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *fields, "", ""]).encode()


def _post(path: str, kind: str, body: bytes) -> bytes:
    return _head(path, f"Content-Type: {kind}", f"Content-Length: {len(body)}") + body


def _call(**members: object) -> bytes:
    report = {"language": "ru", **members}
    return _post("/api/v1/tickets", "application/json", json.dumps(report).encode())


def _form(files: list[tuple[str, str, bytes]], path: str) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'.encode()
        + f"Content-Type: {kind}\r\n\r\n".encode()
        + content
        for name, kind, content in files
    ]
    action = b'--b\r\nContent-Disposition: form-data; name="action"\r\n\r\ncheck\r\n--b--\r\n'
    return _post(path, "multipart/form-data; boundary=b", b"\r\n".join([*parts, action]))


def large_picture() -> bytes:
    """A PNG of 50 megapixels and some kilobytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    side = 7071
    rows = zlib.compress((b"\0" + bytes((side + 7) // 8)) * side, 9)
    head = pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def long_letter() -> bytes:
    """A letter of 650 kB and thousands of parts."""
    part = b"--x\r\nContent-Type: text/plain\r\n\r\n5.1.1 a@b.example\r\n"
    head = b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    return head + part * (650_000 // len(part)) + b"--x--\r\n"


def attacks() -> dict[str, Attack]:
    """Every kind of attack, by its name."""
    dripping = _head(FORM, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 5000") + b"details="
    chunked = _head(FORM, "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked")
    calling = _head("/api/v1/tickets", "Content-Type: application/json", "Content-Length: 5000") + b'{"a":"'
    page = f"GET {FORM} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    pictures = _form([(f"{n}.png", "image/png", large_picture()) for n in range(5)], "/ru/pricing/pricing_supplier/")
    letters = _form([(f"{n}.eml", "message/rfc822", long_letter()) for n in range(2)], "/ru/mail/mail_bounce/")
    wrong = _call(situation="pricing_wrong", answers={"price_wrong_kind": ["x"] * 100_000})
    leave_out = _call(situation="q_unclear", answers={"details": "x"}, leave_out=["ip"] * 100_000)
    return {
        "nobody": Attack(0),
        "silent": Attack(1000),
        "heads": Attack(300, lambda: b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-", b"a", 1.0),
        "bodies": Attack(50, lambda: dripping, b"a", 2.0),
        "chunked": Attack(50, lambda: chunked, b"1\r\na\r\n", 2.0),
        "calls": Attack(50, lambda: calling, b"a", 2.0),
        "many": Attack(300, lambda: page, every=0.2, repeats=False, per_second=300),
        "hoarders": Attack(500, lambda: page, every=5.0),
        "pictures": Attack(8, lambda: pictures, every=0.5),
        "letters": Attack(8, lambda: letters, every=0.5),
        "wrong": Attack(2, lambda: wrong, every=0.5),
        "leave_out": Attack(2, lambda: leave_out, every=0.5),
    }


@dataclass
class _Connection:
    address: str
    socket: socket.socket
    to_send: bytes
    answered: bool = False
    closed: bool = False
    pending: bytearray = field(default_factory=bytearray)


class Attackers:
    """All connections of an attack, in one thread."""

    def __init__(self, attack: Attack, port: int) -> None:
        self._attack, self._port = attack, port
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self.results: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """Attack for so long."""
        until = time.monotonic() + seconds
        for address in ADDRESSES:
            for n in range(self._attack.connections):
                self._later(n / self._attack.per_second, lambda address=address: self._open(address))
        while (now := time.monotonic()) < until:
            wait = max(0.0, min(self._due[0][0] if self._due else until, until) - now)
            for key, events in self._selector.select(wait):
                self._serve(key.data, events)
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._due, (time.monotonic() + seconds, self._order, work))

    def _open(self, address: str) -> None:
        opened = socket.socket()
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
        try:
            opened.bind((address, 0))
            opened.connect_ex(("127.0.0.1", self._port))
        except OSError as error:
            self.results[error.strerror or "error"] += 1
            opened.close()
            self._later(1, lambda: self._open(address))
            return
        self.results["opened"] += 1
        connection = _Connection(address, opened, self._attack.request())
        self._selector.register(opened, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)

    def _serve(self, connection: _Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._write(connection)
            if events & selectors.EVENT_READ:
                self._read(connection)
        except OSError:
            self._reopen(connection)

    def _write(self, connection: _Connection) -> None:
        if connection.to_send:
            connection.to_send = connection.to_send[connection.socket.send(connection.to_send) :]
        if not connection.to_send:
            self._selector.modify(connection.socket, selectors.EVENT_READ, connection)
            if self._attack.drip:
                self._later(self._attack.every, lambda: self._drip(connection))

    def _drip(self, connection: _Connection) -> None:
        if connection.closed:
            return
        try:
            connection.socket.send(self._attack.drip)
        except OSError:
            self._reopen(connection)
        else:
            self._later(self._attack.every, lambda: self._drip(connection))

    def _read(self, connection: _Connection) -> None:
        received = connection.socket.recv(65536)
        if not received:
            self._reopen(connection)
        elif received.startswith(b"HTTP/1.1 "):
            self.results[received[9:12].decode("latin-1")] += 1
            if not self._attack.drip:
                again = self._again if self._attack.repeats else self._reopen
                self._later(self._attack.every, lambda: again(connection))

    def _again(self, connection: _Connection) -> None:
        if not connection.closed:
            connection.to_send = self._attack.request()
            self._selector.modify(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)

    def _reopen(self, connection: _Connection) -> None:
        if connection.closed:
            return
        connection.closed = True
        self.results["closed"] += 1
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._later(0.1, lambda: self._open(connection.address))


def main(kind: str, port: int, seconds: float) -> None:
    """Attack, and say what came of it."""
    with suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    attackers = Attackers(attacks()[kind], port)
    attackers.run(seconds)
    print(", ".join(f"{what} {count}" for what, count in sorted(attackers.results.items())), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
