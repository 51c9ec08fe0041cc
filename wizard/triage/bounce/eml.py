"""A file of mail that came back (``.eml``): what its summary says (threats.md, rows M01 to M06).

The file is hostile, and is summarised where that may be killed (``limits.heavy``); what comes of it is believed no more
than the file itself. Only what a server reports of the failure is taken; the mail stays an opaque attachment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wizard.triage.bounce.report import Bounce, parse_bounce, reason_of
from wizard.triage.bounce.text import addresses, parse_mail_date

BYTES = 1024 * 1024
"""Bytes of a file that are read: a report stands first, and the mail that it encloses may be cut."""
SECONDS = 2
"""Seconds of processor after which reading it is given up."""

_FIELDS = {
    "recipient": 1000,
    "sender": 1000,
    "status": 1000,
    "said": 1000,
    "sent": 1000,
    "arrived": 1000,
    "text": 10_000,
}
_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Unreadable:
    """A file that was not read: to be passed on as it is, attached."""


def read_eml(source: bytes | Path, summarise: Callable[[bytes], Any]) -> Bounce | Unreadable | None:
    """Read the report of a mail server from a mail, given as bytes or by its path.

    Args:
        source: the mail.
        summarise: gives its summary as ``eml_summary`` makes it; may raise anything, and answer anything.

    Returns:
        The bounce; None when the mail is readable and reports none; ``Unreadable`` for anything else. Never raises.
    """
    try:
        raw = source[:BYTES] if isinstance(source, bytes) else _beginning(source)
        fields = summarise(raw) if raw.strip() else None
        return _bounce(fields) if fields is not None and _is_summary(fields) else Unreadable()
    except Exception:  # The last wall: an attachment that cannot be read must not cost the report it came with.
        return Unreadable()


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BYTES)


def _is_summary(fields: object) -> bool:
    return isinstance(fields, dict) and all(_is_field(name, value) for name, value in fields.items())


def _is_field(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, str) and len(value) <= _FIELDS.get(name, -1)


def _bounce(fields: dict[str, str]) -> Bounce | None:
    """The report's own fields first; what they leave open is read from its words."""
    quoted = parse_bounce(fields.get("text", ""))
    recipient = _address(fields.get("recipient", ""))
    if not recipient and quoted is None:
        return None
    read = quoted or Bounce()
    field = _STATUS.fullmatch(fields.get("status", ""))
    status = field[0] if field else ""
    said = " ".join(fields.get("said", "").split())
    # "5.0.0" says only that it failed; the words may hold the code of the server that refused.
    more_exact = parse_bounce(said) if said else quoted
    if more_exact and (not status or status.endswith(".0.0")):
        status = more_exact.status or status
    status, said = status or read.status, said or read.said
    filled = replace(
        read,
        recipient=recipient or read.recipient,
        sender=_address(fields.get("sender", "")) or read.sender,
        sent_at=parse_mail_date(fields.get("sent", "")) or parse_mail_date(fields.get("arrived", "")) or read.sent_at,
        status=status,
        said=said,
    )
    return replace(filled, reason=reason_of(status, said or fields.get("text", "")))


def _address(field: str) -> str:
    return next(iter(addresses(field).values()), "")
