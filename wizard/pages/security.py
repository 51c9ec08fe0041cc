"""The headers that every answer carries, errors and redirects too."""

from __future__ import annotations

from flask import Flask, Response

from wizard.pages.blueprint import current_site, frame_theme

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' blob:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
"""``blob:`` shows a client the picture that they have just chosen; no other page can make such an address of ours."""


def register_security_headers(app: Flask) -> None:
    """Add the headers to all answers of the app."""
    app.after_request(_add_headers)


def _add_headers(answer: Response) -> Response:
    headers = answer.headers
    # Only the origins of the site may frame the form; X-Frame-Options could not name them (threats W03).
    framers = " ".join(_framers()) or "'none'"
    policy = headers.get("Content-Security-Policy", PAGE_POLICY)
    if "frame-ancestors" not in policy:
        headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {framers}"
    headers["X-Content-Type-Options"] = "nosniff"
    # The token of a ticket stands in its address: no other place may learn it (threats W06).
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return answer


def _framers() -> tuple[str, ...]:
    """Who may frame the form: the pages of its site, and ours, on which the site's owner tries it out."""
    origins = current_site().origins
    return (*origins, "'self'") if frame_theme() else origins
