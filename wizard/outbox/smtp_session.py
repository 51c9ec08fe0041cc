"""An SMTP session that ends: every reply within a timeout, the whole of it within a deadline.

``smtplib`` has a timeout for each socket operation only, so a server that sends a byte now and then holds it for ever
(threats R11). Here the time that is left is asked before every byte is read or written.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from functools import cache
from typing import Any

from wizard.outbox.deadline import Deadline, DeadlinePassed

LONGEST_REPLY = 100_000
"""Octets of one answer; a server that says more is not answering."""


class _Replies:
    """Reads the server's lines; stands where ``smtplib`` has the socket's file."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline
        self._unread = b""
        self.received = 0

    def readline(self, limit: int) -> bytes:
        while (end := self._unread.find(b"\n", 0, limit) + 1) == 0:
            if len(self._unread) >= limit:
                end = limit
                break
            self._socket.settimeout(self._deadline.next_wait())
            octets = self._socket.recv(4096)
            if not octets:
                end = len(self._unread)
                break
            self._unread += octets
        line, self._unread = self._unread[:end], self._unread[end:]
        self.received += len(line)
        if self.received > LONGEST_REPLY:
            raise OSError("the server's answer has no end")
        return line

    @property
    def has_unread(self) -> bool:
        return bool(self._unread)

    def close(self) -> None:
        self._unread = b""


PIECE = 65_536
"""Octets that are written under one timeout."""


class SmtpSession(smtplib.SMTP):
    """``smtplib.SMTP`` within a deadline."""

    file: _Replies | None

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self.deadline = deadline
        super().__init__(host, port, local_hostname=_own_name(), timeout=deadline.next_wait())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connect(host, port, self.deadline)

    def send(self, s: Any) -> None:
        """Write, for no longer than is left. In pieces: a socket's timeout is for all that it is given at once."""
        octets = s.encode(self.command_encoding) if isinstance(s, str) else s
        for start in range(0, len(octets), PIECE):
            if self.sock:
                self.sock.settimeout(self.deadline.next_wait())
            super().send(octets[start : start + PIECE])

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer, for no longer than is left."""
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock, self.deadline)
        if self.file is not None:
            self.file.received = 0
        return super().getreply()

    def begin_tls(self, context: ssl.SSLContext) -> None:
        """STARTTLS; nothing said in the clear before it counts afterwards (RFC 3207, section 6).

        Raises:
            ssl.SSLError: the certificate is not good, or the server spoke on before TLS began.
        """
        answer = self.docmd("STARTTLS")
        if answer[0] != 220:
            raise smtplib.SMTPResponseException(*answer)
        if self.sock is None or (self.file and self.file.has_unread):
            raise ssl.SSLError("the server spoke on before TLS began")
        self.sock.settimeout(self.deadline.next_wait())
        self.sock = context.wrap_socket(self.sock, server_hostname=self._host)  # type: ignore[attr-defined]
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False


class TlsSmtpSession(SmtpSession):
    """A session that is TLS from its first byte."""

    def __init__(self, host: str, port: int, deadline: Deadline, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(host, port, deadline)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            plain.settimeout(self.deadline.next_wait())
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A socket to the first address that answers; all of them together within the deadline."""
    fault: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.next_wait())
            connection.connect(address)
        except DeadlinePassed:
            connection.close()
            raise
        except OSError as refused:
            connection.close()
            fault = refused
        else:
            return connection
    raise fault


@cache
def _own_name() -> str:
    """What to call ourselves in EHLO. Asked once: a slow name server must not slow every letter."""
    name = socket.getfqdn()
    if "." in name:
        return name
    try:
        return f"[{socket.gethostbyname(socket.gethostname())}]"
    except OSError:
        return "[127.0.0.1]"
