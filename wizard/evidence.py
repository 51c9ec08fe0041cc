"""What the server sees of a caller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Request

from wizard.report import Evidence
from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import read_address
from wizard.values.text import one_line
from wizard.values.url import URL_LENGTH, parse_url

LEAVABLE = ("ip", "browser", "os", "screen", "time_zone", "page")
"""Facts that a client may leave out. The time is not among them: it is when the report came."""


TOLD = ("screen", "time_zone", "page")
"""Facts that only a script in the client's browser can tell."""

_SCREEN = re.compile(r"(\d{2,5})[x×](\d{2,5})(?: ?@(\d(?:\.\d{1,2})?)x?)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z]\w{1,30}(?:/[A-Za-z][\w+\-]{1,30}){0,2}", re.ASCII)


def seen_of(request: Request, trusted_proxies: int) -> Evidence:
    """Capture the facts of one request.

    ``trusted_proxies`` hops at the right of X-Forwarded-For are our own; anything left of them was typed by the
    caller (threats W08).
    """
    agent = (request.user_agent.string or "")[:500] or None
    browser, system = _browser_and_system(agent) if agent else (None, None)
    return Evidence(
        time=datetime.now(UTC), ip=caller_ip(request, trusted_proxies), browser=browser, os=system, user_agent=agent
    )


def with_told(evidence: Evidence, told: Mapping[str, str]) -> Evidence:
    """The evidence with what a script told; anybody can write there, so that only what has the right shape counts."""
    return replace(evidence, screen=read_screen(told.get("screen", "")), time_zone=read_zone(told.get("time_zone", "")))


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


def caller_ip(request: Request, trusted_proxies: int) -> str | None:
    """The caller's address, or None when the connection tells none."""
    hops = [hop for line in request.headers.getlist("X-Forwarded-For") for hop in line[-1000:].split(",")]
    if 0 < trusted_proxies <= len(hops):
        forwarded = _address(hops[-trusted_proxies])
        if forwarded:
            return forwarded
    return _address(request.remote_addr or "")


def told_page(told: str) -> str | None:
    """The page that a client was on, as whoever embeds the form says: kept and shown, never opened by us (W18)."""
    try:
        return parse_url(one_line(told[: URL_LENGTH + 1]), mask=True)
    except InvalidAnswer:
        return None


def without(evidence: Evidence, left_out: set[str]) -> Evidence:
    """The evidence less what the client ticked; the browser's raw line goes with the browser."""
    gone: dict[str, Any] = {name: None for name in LEAVABLE if name in left_out}
    if gone.keys() & {"browser", "os"}:
        gone["user_agent"] = None
    return replace(evidence, **gone)


def _address(text: str) -> str | None:
    address = read_address(text)
    return str(address) if address else None


@lru_cache(maxsize=1024)
def _browser_and_system(agent: str) -> tuple[str | None, str | None]:
    # Imported here: the patterns take memory and a tenth of a second of every start; a form is the first to need them.
    from ua_parser import parse_os, parse_user_agent

    browser, system = parse_user_agent(agent), parse_os(agent)
    return (
        " ".join(filter(None, (browser.family, browser.major))) if browser else None,
        " ".join(filter(None, (system.family, system.major))) if system else None,
    )
