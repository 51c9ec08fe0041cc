"""A database that does not answer: who can do without it does not wait for it again and again."""

from __future__ import annotations

import threading
import time
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from wizard.db.engine import db

PAUSE = 30.0
"""Seconds after a failure in which nobody asks; then one call does, and the others only once it got an answer."""

_lock = threading.Lock()
_pauses: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


def may_ask() -> bool:
    """Whether to ask the database something that one can do without."""
    now = time.monotonic()
    with _lock:
        until = _pauses.get(db.engine)
        if until is None:
            return True
        if now < until:
            return False
        _pauses[db.engine] = now + PAUSE
        return True


def note_answer(*, came: bool) -> None:
    """Note whether the database answered."""
    if came and db.engine not in _pauses:
        return
    with _lock:
        if came:
            _pauses.pop(db.engine, None)
        else:
            _pauses[db.engine] = time.monotonic() + PAUSE
