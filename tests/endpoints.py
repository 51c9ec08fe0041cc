"""Endpoints for tests: one that takes webhooks, and many that misbehave."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from bare_server import BareServer
from kill_worker import Killer


@dataclass(frozen=True)
class Call:
    """A call as it came over the wire."""

    path: str
    headers: Message
    body: bytes

    @property
    def id(self) -> str:
        """The header ``webhook-id``."""
        return str(self.headers["webhook-id"])


class Endpoint(Killer):
    """A real HTTP server on loopback that records what it is sent in ``calls``.

    ``answer`` is the status of all answers, or of the first ones when it is a list. ``kill`` names a process that is
    killed once, at ``moment``: ``before answer`` or ``after answer``.
    """

    def __init__(self, answer: int | list[int] = 200, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.headers: dict[str, str] = {}
        self.calls: list[Call] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.endpoint = self  # type: ignore[attr-defined]
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that hang up are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take a call."""
        endpoint: Endpoint = self.server.endpoint  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if endpoint.pass_moment("before answer"):
            return
        endpoint.calls.append(Call(self.path, self.headers, body))
        status = endpoint.answer
        if isinstance(status, list):
            status = status.pop(0) if status else 200
        with suppress(OSError):
            self.send_response(status)
            for name, value in endpoint.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"taken" if status == 200 else b"no such luck")
            self.wfile.flush()
        endpoint.pass_moment("after answer")

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class HostileEndpoint(BareServer):
    """An endpoint on a bare socket that goes wrong in one way.

    Modes that never end: ``silent`` (says nothing), ``never_reads`` (does not even read), ``drip_status``,
    ``drip_headers`` (a byte now and then), ``endless_headers``, ``endless_continue`` (100 for ever).
    Modes that end early: ``closes`` (at once), ``closes_after_request``, ``half_a_status``, ``garbage``.
    Modes that take the call and then go wrong: ``bad_header``, ``drip_body``, ``endless_body``, ``short_body``,
    ``bomb`` (a header that says gzip).
    """

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode
        self.url = f"http://{self.host}:{self.port}/hook"

    def talk(self, client: socket.socket) -> None:
        """Go wrong as the mode says."""
        getattr(self, f"_{self.mode}")(client)

    def _read(self, client: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(65_536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += client.recv(65_536)

    def _drip(self, client: socket.socket, octets: bytes) -> None:
        for octet in octets:
            client.sendall(bytes([octet]))
            if self.stopped.wait(0.05):
                return

    def _silent(self, client: socket.socket) -> None:
        self._read(client)
        self.stopped.wait(60)

    def _never_reads(self, client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self.stopped.wait(60)

    def _drip_status(self, client: socket.socket) -> None:
        self._read(client)
        self._drip(client, b"HTTP/1.1 200 " + b"very " * 10_000)

    def _drip_headers(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        self._drip(client, b"X-Header: value\r\n" * 10_000)

    def _endless_headers(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            client.sendall(b"X-Header: value\r\n" * 1000)

    def _endless_continue(self, client: socket.socket) -> None:
        self._read(client)
        while True:
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.01)

    def _closes(self, client: socket.socket) -> None:
        return

    def _closes_after_request(self, client: socket.socket) -> None:
        self._read(client)

    def _half_a_status(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 20")

    def _garbage(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"\x00\xff nonsense\r\n\r\n")

    def _bad_header(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nno colon in here\r\nX-Header: value\r\n\r\n")

    def _drip_body(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self._drip(client, b"x" * 100_000)

    def _endless_body(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            client.sendall(b"x" * 65_536)

    def _short_body(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx")

    def _bomb(self, client: socket.socket) -> None:
        self._read(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip at all")
