"""Logging, redacted: a traceback without its message, since messages of exceptions may hold a client's words."""

from __future__ import annotations

import logging
import re
import traceback

_security = logging.getLogger("wizard.security")

_EVENT_NAME = re.compile(r"[a-z]+(?:_[a-z]+)*")
# An id of ours: no space, no line end, no "@", and nothing that could be an IP address.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z_]{1,40})*")
_CODE = re.compile(r"\b[245]\d\d(?: [245]\.\d{1,3}\.\d{1,3})?\b")


def configure_logging() -> None:
    """Log this program's messages to standard error, from INFO on; other libraries stay silent."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("wizard")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def security_event(name: str, **ids: str | int | None) -> None:
    """Log one line on what somebody was refused or suspected of: a stable name and ids, such as
    ``rate_limited caller=3f9a0c51d2e7 rule=api``. Names and their meanings stand in docs/running.md (ASVS 16.3).

    ``ids`` are keys of our own (a site's, a question's, a rule's), numbers of tickets and ``Caller.digest``: never what
    a client typed, and no address. A value of any other shape becomes ``?``; one that is None is left out.

    Raises:
        ValueError: the name is not made of small letters and underscores.
    """
    if not _EVENT_NAME.fullmatch(name):
        raise ValueError(f"no name of a security event: {name!r}")
    words = [f"{key}={value if _ID.fullmatch(str(value)) else '?'}" for key, value in ids.items() if value is not None]
    _security.warning("%s", " ".join([name, *words]))


def place_of(fault: BaseException) -> str:
    """The type of an exception and its traceback, without its message (threats V04)."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    lines = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return f"{type(fault).__name__} at {lines}"


def reply_code(reason: str) -> str:
    """The SMTP or HTTP code in a server's reply. Its words may name the recipient, and stay in the outbox."""
    match = _CODE.search(reason)
    return match[0] if match else reason.partition(":")[0][:60] if " at " not in reason else reason
