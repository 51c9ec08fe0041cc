"""Connections of a web process: how many there may be, in all and for one address."""

from __future__ import annotations

import logging
import os
import resource
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from functools import lru_cache

from wizard.values.ip import network_of, read_address

log = logging.getLogger(__name__)

OTHER_FILES = 512
"""Descriptors besides those of connections: the database, static files, what the interpreter has open."""

LOOK_EVERY = 0.25
"""Seconds between two looks at who holds how many connections."""

Peer = tuple[str, int]
"""A client's address and port."""


def allow_connections(wanted: int) -> int:
    """Raise the limit of open files so that there is one for each connection, and a quarter more for bodies in files.

    Returns:
        How many connections there may be: fewer than ``wanted`` where the system allows no more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + wanted // 4 + OTHER_FILES
    unlimited = resource.RLIM_INFINITY
    if soft != unlimited and soft < files:
        soft = files if hard == unlimited else min(files, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == unlimited or soft >= files:
        return wanted
    allowed = max(64, (soft - OTHER_FILES) * 4 // 5)
    if allowed < wanted:
        log.warning("only %d connections instead of %d: the system allows %d open files", allowed, wanted, soft)
    return min(wanted, allowed)


def watch_connections(port: int, most: int, busy: Callable[[], Collection[Peer]]) -> None:
    """Keep every address from holding more than ``most`` connections, from now on, in a thread of its own.

    Closed are those that have no request under way: they are silent, have sent half a head, or are kept alive.
    Granian says nothing of a connection before its first request, so the kernel is asked.

    Args:
        busy: the clients that have a request under way.
    """

    def watch() -> None:
        spent = 0.0
        while True:
            time.sleep(max(LOOK_EVERY, 10 * spent))
            begun = time.thread_time()
            descriptors = _open_descriptors()
            if len(descriptors) > most:
                with suppress(OSError, RuntimeError):
                    _close_surplus(descriptors, port, most, busy)
            spent = time.thread_time() - begun

    threading.Thread(target=watch, name="connections", daemon=True).start()


def _open_descriptors() -> list[int]:
    folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    return [int(name) for name in os.listdir(folder) if name.isdecimal()]


def _close_surplus(descriptors: list[int], port: int, most: int, busy: Callable[[], Collection[Peer]]) -> None:
    held: defaultdict[str, list[tuple[int, Peer]]] = defaultdict(list)
    for descriptor in descriptors:
        if peer := _peer_of(descriptor, port):
            held[network_of_peer(peer[0])].append((descriptor, peer))
    for connections in held.values():
        surplus = len(connections) - most
        if surplus > 0:
            working = set(busy())
            idle = [connection for connection in connections if connection[1] not in working]
            for descriptor, peer in idle[:surplus]:
                _shut_down(descriptor, peer, port)


def _peer_of(descriptor: int, port: int) -> Peer | None:
    """Who is at the other end, if it is a connection to this port."""
    try:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=descriptor)
    except OSError:
        return None  # a file, or closed meanwhile
    try:
        if connection.getsockname()[1] != port:
            return None
        address, peer_port = connection.getpeername()[:2]
        return address, peer_port
    except (OSError, IndexError):
        return None
    finally:
        connection.detach()


def _shut_down(descriptor: int, peer: Peer, port: int) -> None:
    # A copy: the number may belong to another connection by now, and is looked at once more.
    with suppress(OSError):
        copy = os.dup(descriptor)
        if _peer_of(copy, port) != peer:
            os.close(copy)
            return
        with closing(socket.socket(fileno=copy)) as connection:
            connection.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=4096)
def network_of_peer(address: str) -> str:
    """Whom a connection counts for (``values.ip.network_of``), by the address that the kernel says."""
    return network_of(str(read_address(address) or "0.0.0.0"))
