"""The security headers that every answer carries, errors and redirects too: CSP, framing, CORS for our sites."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request

from wizard.config.settings import Settings
from wizard.web.request_context import container, current_site, frame_theme
from wizard.web.static_export import StaticExport

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' blob:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
"""``blob:`` shows a client the picture that they have just chosen; no other page can make such an address of ours."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # The token of a ticket stands in its address: no other place may learn it (threats W06).
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Headers that say the same of every answer, wherever the service is."""

HSTS = {"Strict-Transport-Security": "max-age=31536000"}
"""A year of TLS alone (RFC 6797). Not for names below ours, which may be others' services."""


def always(settings: Settings) -> dict[str, str]:
    """The headers of every answer; a promise of TLS only where clients reach the service by it."""
    return {**ALWAYS, **HSTS} if settings.base_url.startswith("https:") else ALWAYS


def export_policy(export: StaticExport) -> str:
    """The Content-Security-Policy of a page in a static export: what is typed there goes to the service alone.

    Fit for a ``<meta>``; who may frame the page can only be said in a header.
    """
    if export.is_anywhere:
        return PAGE_POLICY.replace("'self'", export.service)
    # The export is asked too: whether it still has the page that erases a draft.
    policy = PAGE_POLICY.replace("connect-src 'self'", f"connect-src 'self' {export.service}")
    return policy.replace("form-action 'self'", f"form-action {export.service}")


def readable_by_sites(answer: Response) -> Response:
    """CORS: let the pages of our sites read an answer, as a static export of the form may lie there; others may not."""
    answer.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is not None and origin in container().cors_origins(current_site().key):
        answer.headers["Access-Control-Allow-Origin"] = origin
    return answer


def register_security_headers(app: Flask) -> None:
    """Add the headers to all answers of the app."""
    app.after_request(_add_headers)


def _add_headers(answer: Response) -> Response:
    headers = answer.headers
    if 300 <= answer.status_code < 400 and "Location" in headers:
        _lead_within(answer)
    # Only the origins of the site may frame the form; X-Frame-Options could not name them (threats W03).
    framers = " ".join(_framers()) or "'none'"
    policy = headers.get("Content-Security-Policy", PAGE_POLICY)
    if "frame-ancestors" not in policy:
        headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {framers}"
    headers.update(always(container().settings))
    return answer


def _lead_within(redirect: Response) -> None:
    """Let a redirect name a place of ours and no host: Werkzeug's own repeats whatever ``Host`` says, for caches too.

    All our redirects lead within the service. A path that begins with two slashes would be another host again.
    """
    address = urlsplit(redirect.headers["Location"])
    if address.netloc:
        # Werkzeug's text repeats the whole address.
        redirect.set_data("")
    path = "/" + address.path.lstrip("/\\")
    redirect.headers["Location"] = urlunsplit(("", "", path, address.query, address.fragment))
    redirect.headers.setdefault("Cache-Control", "no-store")


def _framers() -> tuple[str, ...]:
    """Who may frame the form: the pages of its site, and ours, on which the site's owner tries it out."""
    origins = current_site().origins
    return (*origins, "'self'") if frame_theme() else origins
