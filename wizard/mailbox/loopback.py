"""Who may read the local mailbox: whoever sits at this machine, and nobody through it."""

from __future__ import annotations

import ipaddress
import re

from flask import Request

FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""Headers that proxies add: behind one, every caller comes from loopback."""

HOST = re.compile(r"(?:\[(?P<bracketed>[0-9a-f:.]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


def is_at_this_machine(request: Request) -> bool:
    """The caller is on loopback, asked for a loopback name, and no proxy stands between.

    The name is checked because a page anywhere may point its own name at 127.0.0.1 (DNS rebinding).
    """
    if any(name in request.headers for name in FORWARDING):
        return False
    return _is_loopback(request.remote_addr or "") and _is_loopback(_host(request), names=("localhost",))


def _host(request: Request) -> str:
    # As sent: what a proxy says in its own headers is no evidence.
    found = HOST.fullmatch(str(request.environ.get("HTTP_HOST", "")))
    return (found["bracketed"] or found["name"]).lower() if found else ""


def _is_loopback(host: str, names: tuple[str, ...] = ()) -> bool:
    if host in names:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
