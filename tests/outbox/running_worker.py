"""A worker that runs in a thread for as long as a ``with`` lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from wizard.outbox import worker


@contextmanager
def running_worker(app: Flask, *arguments: Any, **options: Any) -> Iterator[threading.Event]:
    """Let a worker run; what it gets is its event to stop."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(app, stop, *arguments), kwargs=options, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive(), "it stops when it is told to"


def wait_until(is_so: Callable[[], bool], seconds: float = 50) -> None:
    """Wait for what happens in another thread or process."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
