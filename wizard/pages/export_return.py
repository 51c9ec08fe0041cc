"""The return to the static export in which a form was filled in: only a page of there can erase the draft there."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Response, abort, request

from wizard.pages.blueprint import pages
from wizard.web.headers import PAGE_POLICY
from wizard.web.rendering import public, render
from wizard.web.request_context import container, current_site, frame_theme
from wizard.web.static_export import static_export

MARK = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
"""What a tab of the export knows its own draft by; ``draft.js`` makes it."""


@pages.get("/<language:language>/sent/")
def sent() -> Response:
    """What a client passes on the way from the check page to the receipt; ``draft.js`` does the rest.

    The service itself has no such page: its receipt erases the draft of its own form.
    """
    if static_export() is None:
        abort(404)
    return public(render("sent.html"))


def return_url() -> str | None:
    """The page of a static export that the submitted form names, with its tab's mark, when it is one of its site's.

    An input is anybody's to fill in, and the address of a receipt goes to this page: other pages of the same origin may
    be somebody else's. In a frame the form is the service's, and so is its draft.
    """
    address = request.form.get("copy", "")
    page, _, mark = address.partition("#")
    if frame_theme() is not None or not MARK.fullmatch(mark):
        return None
    languages = container().catalog.languages
    own = {f"{root}{language}/sent/" for root in current_site().copies for language in languages}
    return address if page in own else None


def allow_return_probe(answer: Response) -> Response:
    """Let a page find out whether the export can be reached before it sends anybody there."""
    if address := return_url():
        export = urlsplit(address)
        policy = PAGE_POLICY.replace("connect-src 'self'", f"connect-src 'self' {export.scheme}://{export.netloc}")
        answer.headers["Content-Security-Policy"] = policy
    return answer
