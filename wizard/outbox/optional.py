"""Steps of a transaction that may fail without it: what they add is nothing that a letter is to wait for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from wizard.config.logs import place_of

log = logging.getLogger(__name__)

Result = TypeVar("Result")


def optional(connection: Connection, name: str, step: Callable[[], Result], *, otherwise: Result) -> Result:
    """What a step returns, or ``otherwise`` where it fails: then nothing that it wrote stays, and the rest goes on.

    Args:
        connection: the transaction. Where that is lost as a whole, the error is raised.
        name: what the log says is missing.
        step: what is tried.
        otherwise: what stands for its result.
    """
    savepoint = connection.begin_nested()
    try:
        result = step()
    except Exception as fault:
        if connection.invalidated:
            raise
        # Not guarded: SQLite may have ended the transaction by itself (a full disk), and then nothing was leased.
        savepoint.rollback()
        log.error("letters go without %s: %s", name, place_of(fault))
        return otherwise
    savepoint.commit()
    return result
