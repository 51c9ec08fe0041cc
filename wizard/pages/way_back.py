"""Back to the static copy in which a form was filled in: only a page of there can erase the draft that lies there."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Response, abort, request

from wizard.pages.blueprint import current_site, frame_theme, pages
from wizard.pages.rendering import public, render
from wizard.pages.security import PAGE_POLICY
from wizard.pages.static_copy import static_copy

PASSED_PAGE = re.compile(
    r"(?P<origin>https?://[A-Za-z0-9.\-\[\]:]+)/(?:[\w.~%!$&'()*+,;=:@/-]*/)?[a-z]{2}/sent/", re.ASCII
)
"""The address of ``sent`` in an export, wherever that lies, as a browser writes it."""
LONGEST = 500


@pages.get("/<language:language>/sent/")
def sent() -> Response:
    """What a client passes on the way from the last look to the receipt; ``draft.js`` does the rest.

    The service itself has no such page: its receipt erases the draft of its own form.
    """
    if static_copy() is None:
        abort(404)
    return public(render("sent.html"))


def told_copy() -> str | None:
    """The page of a static copy that the submitted form names, when it lies at one of its site's own origins.

    An input is anybody's to fill in: whatever else it holds would make the last look lead strangers' ways. In a frame
    the form is the service's, and so is its draft.
    """
    told = request.form.get("copy", "")
    found = PASSED_PAGE.fullmatch(told) if len(told) <= LONGEST and frame_theme() is None else None
    return told if found and found["origin"] in current_site().origins else None


def may_ask_copy(answer: Response) -> Response:
    """Let a page find out whether the copy can be reached before it sends anybody there."""
    if told := told_copy():
        to = urlsplit(told)
        policy = PAGE_POLICY.replace("connect-src 'self'", f"connect-src 'self' {to.scheme}://{to.netloc}")
        answer.headers["Content-Security-Policy"] = policy
    return answer
