"""Ports for servers of the tests."""

from __future__ import annotations

import os
import random
import socket
from itertools import cycle

FIRST_PORT, PORTS_PER_WORKER, WORKERS = 20_000, 2_000, 6
"""Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152): those may be taken
between the moment when a port is seen to be free and the moment when a server listens on it."""

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_own = range(FIRST_PORT + _worker * PORTS_PER_WORKER, FIRST_PORT + (_worker + 1) * PORTS_PER_WORKER)
# Not all from the first one on, so that two runs at once seldom meet.
_begin = random.randrange(PORTS_PER_WORKER)
_turns = cycle([*_own[_begin:], *_own[:_begin]])


def free_port() -> int:
    """A port on loopback that nobody listens on, and that this process does not hand out again soon."""
    return next(port for port in _turns if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
