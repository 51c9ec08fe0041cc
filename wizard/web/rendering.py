"""Templates and what each of them is given."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, g, make_response, render_template, request, url_for

from wizard.catalog.model_types import MaybeLocalised, in_language
from wizard.files.file_types import accepts
from wizard.texts import translator
from wizard.web.assets import asset
from wizard.web.headers import export_policy
from wizard.web.page_cache import PUBLIC_PAGE
from wizard.web.request_context import container, context_query, current_site, frame_theme, request_language
from wizard.web.static_export import at_service, in_export, static_export

ENDPOINTS = {
    "start": "pages.start",
    "rules": "pages.rules",
    "category": "pages.category",
    "situation": "pages.show_form",
    "receipt": "pages.receipt",
    "follow_up": "pages.follow_up",
    "follow_up_by_number": "pages.follow_up_by_number",
    "follow_up_done": "pages.follow_up_done",
    "compose": "pages.compose",
    "sent": "pages.sent",
    "privacy": "pages.privacy",
    "consent": "consent.show_consent",
    "search": "pages.search",
    "begin": "pages.begin",
    "assess": "api.assess_text",
    "upload": "api.upload",
    "evidence": "api.evidence",
}
"""Pages, and the calls that their scripts make."""

EXPORTED = frozenset({"start", "rules", "category", "situation", "follow_up_by_number", "sent", "privacy", "consent"})
"""The pages that a static export has too; all others are the service's alone."""

CARRYING = {"start": "pages.new_start", "category": "pages.new_category", "situation": "pages.new_form"}
"""The same pages on the way to a new question from a ticket's page: they carry its token, and with it who reports."""


def url(name: str, carried: str | None = None, **values: Any) -> str:
    """The address of a page in the language at hand, with the site, the frame and a carried token."""
    address = _address(name, carried, values)
    return in_export(address) if name in EXPORTED else at_service(address)


def posting_url(name: str, **values: Any) -> str:
    """The address that takes what was typed into a page: the service, from a static export of the page too."""
    return at_service(_address(name, None, values))


def url_in_own_window(name: str) -> str:
    """The address of a page outside of a frame, to be opened beside the page at hand."""
    return at_service(url_for(ENDPOINTS[name], language=request_language(), site=current_site().key or None))


def _address(name: str, carried: str | None, values: dict[str, Any]) -> str:
    values.setdefault("language", request_language())
    values.update(context_query())
    if carried and name in CARRYING:
        return url_for(CARRYING[name], token=carried, **values)
    return url_for(ENDPOINTS[name], **values)


def render(template: str, status: int = 200, *, carried: str | None = None, **context: Any) -> Response:
    """Render a page with what every page is given; its links carry a ticket's token when there is one."""
    language, site, framed = request_language(), current_site(), frame_theme()

    def t(text: MaybeLocalised | None) -> str:
        return "" if text is None else in_language(text, language)

    export = static_export()
    html = render_template(
        template,
        **context,
        translate=translator(language),
        language=language,
        languages=container().catalog.languages,
        t=t,
        catalog=container().catalog,
        site=site,
        theme=site.theme if framed in (None, "auto") else framed,
        url=partial(url, carried=carried),
        asset=asset,
        accepts=accepts,
        other_language_url=_in_other_language() if status < 400 else None,
        embedded=framed is not None,
        screen=template.removesuffix(".html"),
        status=status,
        own_window_url=_in_own_window() if framed and status < 400 else None,
        export=export,
        export_policy=export_policy(export) if export else None,
    )
    return make_response(html, status)


def _in_other_language() -> str | None:
    """The same page in the next language; only for pages that can be asked for by an address."""
    languages = container().catalog.languages
    if not _has_address() or len(languages) < 2:
        return None
    other = languages[(languages.index(g.language) + 1) % len(languages)]
    return in_export(_same_page(language=other, **context_query()))


def _in_own_window() -> str | None:
    """The same page outside the frame, where its address can be seen and saved."""
    return _same_page(language=g.language, site=current_site().key) if _has_address() else None


def _has_address() -> bool:
    return bool(request.method == "GET" and g.get("language") and request.endpoint)


def _same_page(**values: Any) -> str:
    return url_for(str(request.endpoint), **(request.view_args or {}), **values)


def public(page: Response) -> Response:
    """A page that is the same for everybody: whoever likes may cache it, and ``PageCache`` does."""
    page.headers["Cache-Control"] = PUBLIC_PAGE
    return page


def private(page: Response) -> Response:
    """A page with somebody's words on it is cached by nobody."""
    page.headers["Cache-Control"] = "no-store"
    return page
