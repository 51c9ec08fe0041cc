"""A file of mail that came back (``.eml``), read in a process of its own (threats.md, rows M01 to M06).

The file is hostile: what it makes go wrong costs a killed process and two seconds, never a request. Only what a server
reports of the failure is taken; the mail itself stays an opaque attachment.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from wizard.triage.bounce.report import Bounce, read_bounce, reason
from wizard.triage.bounce.text import addresses, moment

BYTES = 1024 * 1024
"""Bytes of a file that are read: a report stands first, and the mail that it encloses may be cut."""
SECONDS = 2.0
"""Seconds after which the process is killed."""
ANSWER = 16 * 1024
"""Bytes of the process's answer."""

AT_ONCE = 2
"""Mails that are read at a time in one web process."""

_turns = threading.BoundedSemaphore(AT_ONCE)
_PROCESS = Path(__file__).with_name("eml_process.py")
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


def read_eml(source: bytes | str | Path) -> Bounce | Unreadable | None:
    """Read the report of a mail server from a mail, given as bytes or by its path.

    Returns:
        The bounce; None when the mail is readable and reports none; ``Unreadable`` for anything else. Never raises.
    """
    try:
        raw = source[:BYTES] if isinstance(source, bytes) else _beginning(Path(source))
        found = _asked(raw)
        return Unreadable() if found is None else _bounce(found)
    except Exception:  # The last wall: an attachment that cannot be read must not cost the report it came with.
        return Unreadable()


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BYTES)


def _asked(raw: bytes) -> dict[str, str] | None:
    """What the process answers, checked; None when it died, was late or answered anything unexpected."""
    late = time.monotonic() + SECONDS
    # Mails that wait for one another cost their own requests time, and leave the processors to all the others.
    if not raw.strip() or not _turns.acquire(timeout=SECONDS):
        return None
    try:
        # No environment: it holds the application's secrets.
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(_PROCESS)],
            input=raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=max(0.0, late - time.monotonic()),
            env={},
            cwd="/",
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    finally:
        _turns.release()
    if done.returncode != 0 or len(done.stdout) > ANSWER:
        return None
    answer = json.loads(done.stdout.decode("utf-8"))
    if not isinstance(answer, dict) or not all(_is_field(name, value) for name, value in answer.items()):
        return None
    return answer


def _is_field(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, str) and len(value) <= _FIELDS.get(name, -1)


def _bounce(found: dict[str, str]) -> Bounce | None:
    """The report's own fields first; what they leave open is read from its words."""
    told = read_bounce(found.get("text", ""))
    recipient = _address(found.get("recipient", ""))
    if not recipient and told is None:
        return None
    read = told or Bounce()
    field = _STATUS.fullmatch(found.get("status", ""))
    status = field[0] if field else ""
    said = " ".join(found.get("said", "").split())
    # "5.0.0" says only that it failed; the words may hold the code of the server that refused.
    more_exact = read_bounce(said) if said else told
    if more_exact and (not status or status.endswith(".0.0")):
        status = more_exact.status or status
    status, said = status or read.status, said or read.said
    filled = replace(
        read,
        recipient=recipient or read.recipient,
        sender=_address(found.get("sender", "")) or read.sender,
        sent_at=moment(found.get("sent", "")) or moment(found.get("arrived", "")) or read.sent_at,
        status=status,
        said=said,
    )
    return replace(filled, reason=reason(status, said or found.get("text", "")))


def _address(field: str) -> str:
    return next(iter(addresses(field).values()), "")
