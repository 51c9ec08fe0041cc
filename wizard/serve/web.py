"""A web process: Granian's ASGI worker, with the gateway, on a listening socket that the supervisor holds."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian import _granian
from granian._signals import set_loop_signals
from granian.http import HTTP1Settings

from wizard.config.settings import Settings
from wizard.container import Container
from wizard.serve.connections import allow_connections, watch_connections
from wizard.serve.gateway import Gateway
from wizard.serve.listeners import BACKLOG

# The worker by itself has no public name, as Granian's own supervisor starts it. The version is pinned.
_native: Any = _granian

BEHIND_PROXY = 120.0
"""Seconds that a proxy of ours may keep a connection without a request: most do so for a minute or more, and one that
is closed at that very moment costs a client an error."""

LONGEST_HEAD = 64 * 1024
"""Bytes of a request's head; each connection may make the service hold so many."""

_PLAIN: tuple[Any, ...] = (False, None, None, None, "tls1.3", None, [], False)
"""No TLS: that is for the proxy in front."""


def serve_requests(app: Flask, listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish those under way."""
    logging.getLogger("_granian").setLevel(logging.ERROR)
    container: Container = app.extensions["zayavka"]
    settings = container.settings
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    gateway = Gateway(app, loop)
    stop: Any = set_loop_signals(loop)  # type: ignore[no-untyped-call]
    stopped = asyncio.Event()
    stop.add_cb(lambda: loop.call_soon_threadsafe(stopped.set))
    worker = _worker(listener, settings)
    if settings.connections_per_address and not settings.trusted_proxies:
        port = listener.getsockname()[1]
        watch_connections(port, settings.connections_per_address, lambda: gateway.busy_peers)
    worker.serve_mtr(_Scheduler(loop, gateway.schedule), loop, stop)
    loop.run_until_complete(stopped.wait())


def _worker(listener: socket.socket, settings: Settings) -> Any:
    timeout = max(settings.head_timeout, BEHIND_PROXY if settings.trusted_proxies else 0)
    heads = HTTP1Settings(header_read_timeout=int(1000 * timeout), max_buffer_size=LONGEST_HEAD)
    return _native.ASGIWorker(
        1,
        (None, _native.SocketHolder(listener.fileno(), False, BACKLOG)),
        None,  # the pipe to Granian's supervisor
        1,  # its own threads
        1,  # and those for files, which it never serves
        1,  # threads that call Python
        30,
        allow_connections(settings.connections),
        # HTTP/2 is for the proxy in front. Granian's guess at the protocol has no timer before the first byte.
        "1",
        heads,
        None,
        False,  # websockets
        None,  # static files
        *_PLAIN,
        (None, None),  # metrics
    )


class _Scheduler(_native.CallbackScheduler):  # type: ignore[misc]
    """Hands requests over to the gateway, in Granian's thread."""

    def __new__(cls, loop: asyncio.AbstractEventLoop, schedule: Callable[[Any], None]) -> _Scheduler:
        scheduler: _Scheduler = super().__new__(cls, loop, schedule, None, None, None)
        return scheduler

    def __init__(self, _loop: asyncio.AbstractEventLoop, schedule: Callable[[Any], None]) -> None:
        super().__init__()
        self._schedule_fn = schedule
