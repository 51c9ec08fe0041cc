"""HTTP as bytes on a socket: what no proper client sends."""

from __future__ import annotations

import socket
from contextlib import suppress

FORM = "/ru/question/q_unclear/"
URLENCODED = "Content-Type: application/x-www-form-urlencoded"


def head(path: str, *fields: str, method: str = "POST", host: str | None = "x") -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host else []), *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    """A connection from an address of loopback."""
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))


def answer_on(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            received += piece
    return bytes(received)


def ask(port: int, request: bytes, source: str = "127.0.0.1") -> bytes:
    """Send a request that asks for the connection's end; the whole answer."""
    with connect(port, source) as connection:
        connection.sendall(request)
        return answer_on(connection)


def fields_of(answer: bytes) -> dict[str, str]:
    """The header fields of an answer, and its status under ``status``."""
    first, *lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return {"status": first.split()[1], **{name.lower(): value for name, value in pairs}}


def is_open(connection: socket.socket) -> bool:
    """Whether the server has not closed it, as far as is known here."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    finally:
        connection.settimeout(20)
