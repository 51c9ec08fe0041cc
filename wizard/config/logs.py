"""What the log says of a fault: where it was, never with what. Messages of exceptions may hold a client's words."""

from __future__ import annotations

import logging
import re
import traceback

CODE = re.compile(r"\b[245]\d\d(?: [245]\.\d{1,3}\.\d{1,3})?\b")


def show_own_messages() -> None:
    """Write what this program has to say to standard error, what went well included; other libraries stay silent."""
    shown = logging.StreamHandler()
    shown.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    own = logging.getLogger("wizard")
    own.addHandler(shown)
    own.setLevel(logging.INFO)


def place_of(fault: BaseException) -> str:
    """The kind of a fault and its way through the program, without its message (threats V04)."""
    way = traceback.extract_tb(fault.__traceback__)
    steps = " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in way[-6:])
    return f"{type(fault).__name__} at {steps}"


def code_of(reason: str) -> str:
    """The reply code in what a mail server said. Its words may name the recipient, and stay in the outbox."""
    code = CODE.search(reason)
    return code[0] if code else reason.partition(":")[0][:60] if " at " not in reason else reason
