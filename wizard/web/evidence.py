"""Evidence: what a request says of its caller, the address behind trusted proxies included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from flask import Request

from wizard.tickets.evidence import Evidence
from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import read_address
from wizard.values.secrets import mask_secrets
from wizard.values.text import one_line
from wizard.values.url import URL_LENGTH, parse_url


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


def caller_ip(request: Request, trusted_proxies: int) -> str | None:
    """The caller's address, or None when the connection has none."""
    forwarded = forwarded_address(request.headers.getlist("X-Forwarded-For"), trusted_proxies)
    return forwarded or _address(request.remote_addr or "")


def forwarded_address(lines: Iterable[str], trusted_proxies: int) -> str | None:
    """The address that the outermost of our proxies saw, from the lines of X-Forwarded-For; None when there is none."""
    hops = [hop for line in lines for hop in line[-1000:].split(",")]
    return _address(hops[-trusted_proxies]) if 0 < trusted_proxies <= len(hops) else None


def client_page(address: str) -> str | None:
    """The page that a client was on, as whoever embeds the form says: stored and shown, never opened by us (W18)."""
    try:
        return mask_secrets(parse_url(one_line(address[: URL_LENGTH + 1])))
    except InvalidAnswer:
        return None


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
