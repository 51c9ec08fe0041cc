"""A web process: Granian's WSGI worker on a listening socket that the supervisor holds."""

from __future__ import annotations

import socket
from typing import Any

from flask import Flask
from granian.constants import Interfaces, Loops, RuntimeModes
from granian.log import LogLevels
from granian.server.mp import MPServer

from wizard.serve.listeners import BACKLOG

# Granian's own socket type has no public name; its version is pinned.
from granian._granian import SocketHolder  # isort: skip

THREADS = 8
"""Requests that a web process works on at a time; a slow sender holds one of them."""


class _WorkerHere(MPServer):
    """Granian's supervisor, of which only the worker is used: ours starts and watches the processes."""

    def __init__(self, listener: socket.socket, **options: Any) -> None:
        super().__init__("app:create_app", **options)
        self._ssp = self._sso = None
        self._shd: Any = SocketHolder(listener.fileno(), False, BACKLOG)  # type: ignore[call-arg]

    def run(self, app: Flask) -> None:
        """Serve in this very process, and not in one that Granian would start."""
        worker = self._spawn_worker(0, self._spawn_wsgi_worker, lambda: app)
        worker.inner.run()


def serve_requests(app: Flask, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish those under way."""
    server = _WorkerHere(
        listener,
        interface=Interfaces.WSGI,
        loop=Loops.asyncio,
        runtime_mode=RuntimeModes.mt,
        workers=1,
        blocking_threads=THREADS,
        backpressure=256,
        websockets=False,
        log_level=LogLevels.error,
    )
    server.run(app)
