"""Logging, redacted: a traceback without its message, since messages of exceptions may hold a client's words."""

from __future__ import annotations

import logging
import re
import traceback

_CODE = re.compile(r"\b[245]\d\d(?: [245]\.\d{1,3}\.\d{1,3})?\b")


def configure_logging() -> None:
    """Log this program's messages to standard error, from INFO on; other libraries stay silent."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("wizard")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def place_of(fault: BaseException) -> str:
    """The type of an exception and its traceback, without its message (threats V04)."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    lines = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return f"{type(fault).__name__} at {lines}"


def reply_code(reason: str) -> str:
    """The SMTP or HTTP code in a server's reply. Its words may name the recipient, and stay in the outbox."""
    match = _CODE.search(reason)
    return match[0] if match else reason.partition(":")[0][:60] if " at " not in reason else reason
