"""What the log says of a fault: where it was, never with what. Messages of exceptions may hold a client's words."""

from __future__ import annotations

import traceback


def place_of(fault: BaseException) -> str:
    """The kind of a fault and its way through the program, without its message (threats V04)."""
    way = traceback.extract_tb(fault.__traceback__)
    steps = " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in way[-6:])
    return f"{type(fault).__name__} at {steps}"
