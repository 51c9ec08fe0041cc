"""HTTP client for webhooks, guarded against SSRF: a checked address, a deadline, no redirects, no proxies.

urllib3 makes the request. It reads no proxies from the environment, and a bare connection of it neither retries nor
redirects. Its timeout is for each operation of the socket, so a server that sends a byte now and then could hold it
for ever (threats R11): at the deadline the connection is shut from outside.
"""

from __future__ import annotations

import http.client
import logging
import os
import queue
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from wizard.outbox.deadline import Deadline
from wizard.outbox.errors import DeliveryFailure, EndpointAway, PermanentFailure, TemporaryFailure
from wizard.values.ip import is_public

# What an endpoint answers must not bring its address, which may hold a secret, into the log.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

LONGEST_ANSWER = 65_536
"""Octets of an answer's body that are read; nobody needs them but whoever looks for a fault."""

ANSWER_SECONDS = 2.0
"""How long the body of an answer may take. Its status says all."""

AWAY = frozenset({429, 502, 503, 504})
"""Statuses of an endpoint that asks for backoff (Standard Webhooks)."""

_FAULTS = (OSError, http.client.HTTPException, HTTPError, ValueError)


@dataclass(frozen=True)
class HttpLimits:
    """How long a call may take, and where it may lead."""

    timeout: float
    """Seconds of one operation."""
    deadline: float
    """Seconds of the whole call; a connection that is begun just before may take ``timeout`` longer."""
    private_addresses: bool = False


class HttpClient:
    """Makes calls. Caches nothing between them but the certificates that this machine trusts."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """POST a body. Returning means that the endpoint has it (any 2xx), whatever happens afterwards.

        Raises:
            PermanentFailure: the endpoint is gone for good (410).
            EndpointAway: it does not answer, or asks for backoff.
            TemporaryFailure: any other answer, a redirect among them; or an address that may not be called.
        """
        deadline = Deadline(self._limits.timeout, self._limits.deadline)
        try:
            connection = self._connect(url, deadline)
            try:
                status, answer_body = _exchange(connection, url, headers, body, deadline)
            finally:
                connection.close()
        except DeliveryFailure:
            raise
        except _FAULTS as fault:
            # A certificate that nobody vouches for stays so until a person changes something.
            cause = fault.__cause__ or fault
            is_tls = isinstance(cause, ssl.SSLError)
            raise EndpointAway(f"{type(cause).__name__}: {cause}"[:300], alarm=is_tls) from fault
        _raise_for_status(status, answer_body)

    def _connect(self, url: str, deadline: Deadline) -> HTTPConnection:
        """A connection to the first address that answers. TLS is checked against the name, not the address."""
        parts = urlsplit(url)
        host = str(parts.hostname)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        fault: Exception = OSError("no address")
        for address in addresses_of(host, port, deadline.next_wait(), private=self._limits.private_addresses):
            connection = (
                HTTPSConnection(address, port, server_hostname=host, ssl_context=self._trust)
                if parts.scheme == "https"
                else HTTPConnection(address, port)
            )
            connection.timeout = deadline.next_wait()
            try:
                connection.connect()
            except _FAULTS as refused:
                connection.close()
                fault = refused
            else:
                return connection
        raise fault

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def _exchange(
    connection: HTTPConnection, url: str, headers: Mapping[str, str], body: bytes, deadline: Deadline
) -> tuple[int, bytes]:
    """The status of the answer, and as much of its body as came soon."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    assert connection.sock is not None
    # The library may close its own end as soon as it has the status; this one stays until we are done.
    with socket.socket(fileno=os.dup(connection.sock.fileno())) as duplicate:
        with _shut_after(duplicate, deadline.left()):
            try:
                connection.request("POST", target, body, {"Host": parts.netloc, **headers}, preload_content=False)
                answer = connection.getresponse()
            finally:
                # A connection that was shut may look like an answer that broke off, or even like a short one.
                deadline.left()
        answer_body = b""
        with suppress(*_FAULTS), _shut_after(duplicate, ANSWER_SECONDS):
            answer_body = answer.read(LONGEST_ANSWER, decode_content=False)
        answer.close()
    return answer.status, answer_body


@contextmanager
def _shut_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shut a connection in both directions when its time is over; whoever waits for it then goes on at once."""

    def shut() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _raise_for_status(status: int, answer_body: bytes) -> None:
    """Raise the failure that an answer means, if it means one."""
    if 200 <= status <= 299:
        return
    reason = f"{status}: {' '.join(answer_body.decode('utf-8', 'replace').split())}"[:300]
    if status == HTTPStatus.GONE:
        raise PermanentFailure(reason)
    if status in AWAY:
        raise EndpointAway(reason)
    if 300 <= status <= 399:
        raise TemporaryFailure(f"{status}: a redirect, which is not followed", alarm=True)
    raise TemporaryFailure(reason)


def addresses_of(host: str, port: int, seconds: float, *, private: bool) -> list[str]:
    """The addresses to call, in the resolver's order; only public ones (SSRF, threats W18) unless ``private``.

    Raises:
        EndpointAway: the name has no address, or the resolver did not answer within ``seconds``.
        TemporaryFailure: it has private addresses only.
    """
    allowed = [address for address in _resolve(host, port, seconds) if private or is_public(address)]
    if not allowed:
        raise TemporaryFailure("private address: only WIZARD_WEBHOOK_PRIVATE_ADDRESSES=true allows it", alarm=True)
    return allowed


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    # A resolver knows no timeout of ours: it is waited for in a thread that may be left behind.
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as fault:
            answer.put(fault)
        else:
            answer.put(list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in infos)))

    threading.Thread(target=look_up, name="resolver", daemon=True).start()
    try:
        resolved = answer.get(timeout=seconds)
    except queue.Empty:
        raise EndpointAway("name: the resolver does not answer") from None
    if isinstance(resolved, Exception):
        raise EndpointAway(f"name: {resolved}"[:200])
    return resolved
