"""Who may read the local mailbox: whoever sits at this machine, and nobody through it."""

from __future__ import annotations

import re

from flask import Request

from wizard.values.ip import is_loopback

FORWARDING = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""Headers that proxies add: behind one, every caller comes from loopback."""

HOST = re.compile(r"(?:\[(?P<bracketed>[0-9a-f:.]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


def is_at_this_machine(request: Request) -> bool:
    """The caller is on loopback, asked for a loopback name, and no proxy stands between.

    The name is checked because a page anywhere may point its own name at 127.0.0.1 (DNS rebinding).
    """
    if any(name in request.headers for name in FORWARDING):
        return False
    return is_loopback(request.remote_addr or "") and is_loopback(_host(request))


def _host(request: Request) -> str:
    # As sent: what a proxy says in its own headers is no evidence.
    match = HOST.fullmatch(str(request.environ.get("HTTP_HOST", "")))
    return (match["bracketed"] or match["name"]).lower() if match else ""
