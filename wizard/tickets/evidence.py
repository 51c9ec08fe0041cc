"""Evidence: facts captured beside a report's answers, which of them a script reports, and which a client may redact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

OPTIONAL_FACTS = ("ip", "browser", "os", "screen", "time_zone", "page")
"""Facts that a client may leave out. The time is not among them: it is when the report came."""

CLIENT_REPORTED = ("screen", "time_zone", "page")
"""Facts that only a script in the client's browser can report."""

_SCREEN = re.compile(r"(\d{2,5})[x×](\d{2,5})(?: ?@(\d(?:\.\d{1,2})?)x?)?", re.ASCII)

_ZONE = re.compile(r"[A-Za-z]\w{1,30}(?:/[A-Za-z][\w+\-]{1,30}){0,2}", re.ASCII)


@dataclass(frozen=True)
class Evidence:
    """Facts captured, not asked. ``None`` means not known, or left out by the client."""

    time: datetime
    """When the report reached the server; aware, UTC."""
    ip: str | None = None
    browser: str | None = None
    """Browser and its version in words."""
    os: str | None = None
    user_agent: str | None = None
    page: str | None = None
    """The page that embeds the form."""
    screen: str | None = None
    """Width and height in CSS pixels, and how many of the device make one: ``390×844 @3x``."""
    time_zone: str | None = None
    """The client's, by its IANA name: ``Asia/Yekaterinburg``."""


def with_client_facts(evidence: Evidence, facts: Mapping[str, str]) -> Evidence:
    """The evidence with what a script reports; anybody can write there, so only what has the right shape counts."""
    return replace(
        evidence, screen=read_screen(facts.get("screen", "")), time_zone=read_zone(facts.get("time_zone", ""))
    )


def redact(evidence: Evidence, left_out: set[str]) -> Evidence:
    """The evidence less what the client ticked; the browser's raw line goes with the browser."""
    redacted: dict[str, Any] = {name: None for name in OPTIONAL_FACTS if name in left_out}
    if redacted.keys() & {"browser", "os"}:
        redacted["user_agent"] = None
    return replace(evidence, **redacted)


def read_screen(text: str) -> str | None:
    """``390x844@3`` as ``390×844 @3x``; None for what is no size of a screen."""
    match = _SCREEN.fullmatch(text)
    if not match:
        return None
    width, height, ratio = match.groups()
    return f"{width}×{height}" + (f" @{ratio}x" if ratio and float(ratio) != 1 else "")


def read_zone(text: str) -> str | None:
    """The name of a time zone that exists; None for anything else."""
    try:
        return ZoneInfo(text).key if _ZONE.fullmatch(text) else None
    except (ValueError, OSError, KeyError):
        return None
