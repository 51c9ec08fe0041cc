"""Doubts about the request at hand: its headers, the input that no person meets, and the age of the check page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import request

from wizard.limits.doubts import ENOUGH, HONEYPOT, doubts_of, is_off_topic, signs_of_agent
from wizard.limits.spam import Signs
from wizard.tickets.caller import Caller
from wizard.tickets.evidence import CLIENT_REPORTED
from wizard.web.request_context import container


def with_doubts(caller: Caller, *signs: Mapping[str, int], words: Sequence[str] = ()) -> Caller:
    """The caller with the doubts that the signs amount to; a server known by its site's secret has none.

    ``words`` are what the sender wrote: they are compared with the catalog's where that decides.
    """
    if caller.site is not None or not container().settings.hold_doubtful:
        return caller
    together = {name: weight for part in signs for name, weight in part.items()}
    if words and sum(together.values()) == ENOUGH - 1 and is_off_topic(container().catalog, words):
        together["off_topic"] = 1
    return replace(caller, doubts=(*caller.doubts, *doubts_of(together)))


def signs_of_browser() -> Signs:
    """What speaks against a person before a browser in a form that was posted."""
    headers = request.headers
    signs = signs_of_agent(
        headers.get("User-Agent", ""),
        headers.get("Accept-Language", ""),
        headers.get("Sec-Fetch-Site", ""),
        is_secure=container().settings.base_url.startswith("https:"),
    )
    return {**signs, "honeypot": 3} if request.form.get(HONEYPOT) else signs


def signs_of_scripts() -> Signs:
    """The sign of a form in which no script ran: some people's browsers run none, and most programs."""
    left_out = request.form.getlist("leave_out")
    is_any_said = any(request.form.get(fact) or fact in left_out for fact in CLIENT_REPORTED)
    return {} if is_any_said else {"no_scripts": 1}
