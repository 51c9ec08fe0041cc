"""The web server's sockets: one a process, all on one port. The supervisor holds them for as long as it lives.

The kernel spreads connections over them. What waits in the queue of a process that died, or that makes room for the
next one, is answered by its successor: nobody is refused meanwhile.
"""

from __future__ import annotations

import os
import socket
import sys
import time

import click

BACKLOG = 1024
"""Connections that wait in the queue of one socket."""

UNTAKEN = 60.0
"""Seconds for which an answer may wait for a client that takes none of it."""

FORMER_SERVICE_ENDS = 2.0
"""Seconds in which the processes of a supervisor that was killed are gone, and their port is free."""


def open_listeners(host: str, port: int, count: int) -> list[socket.socket]:
    """Listen on a port, once for each web process.

    Raises:
        click.ClickException: the port is in use, or not ours to use.
    """
    try:
        _wait_until_free(host, port)
        return [_listener(host, port) for _ in range(count)]
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}). Choose another with HOST and PORT"
        ) from None


def _wait_until_free(host: str, port: int) -> None:
    """See that nobody else listens there: with ``SO_REUSEPORT`` the kernel would share the port with them."""
    until = time.monotonic() + FORMER_SERVICE_ENDS
    while True:
        try:
            with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(_family(host), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # Connections inherit it. Without it an answer in two pieces waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        # A client that takes no answer holds its connection, and the request on it, no longer than this.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * UNTAKEN))
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
