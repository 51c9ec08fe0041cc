"""The API's own pages: its description, to read and to try, and what each kind of problem means."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from wizard.api.blueprint import PREFIX, public
from wizard.api.problems import STATUS, type_of
from wizard.api.request_body import LARGEST_BODY
from wizard.texts import translator
from wizard.values.sizes import limit_text
from wizard.web.rendering import render
from wizard.web.request_context import container, request_language

api_docs = Blueprint("api_docs", __name__, url_prefix=PREFIX)
"""Beside the blueprint of the calls: whoever reads about them makes none, and no rate limit counts one."""

VIEWER = "vendor/rapidoc-9.3.8/rapidoc-min.js"

# The viewer writes its style sheets into its own shadow tree; calls go to this service and nowhere else.
VIEWER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'"
)


@api_docs.get("/docs")
def viewer() -> Response:
    """The OpenAPI document, to read and to try."""
    page = render("api/docs.html", prefix=PREFIX, viewer=VIEWER)
    page.headers["Content-Security-Policy"] = VIEWER_POLICY
    return public(page)


@api_docs.get("/problems/<kind>")
def problem(kind: str) -> Response:
    """What a kind of problem means and what to do: where the ``type`` of a problem leads."""
    name = next((name for name in STATUS if type_of(name).endswith(f"/{kind}")), None) or abort(404)
    limits = _limits()
    return public(
        render("api/problem.html", kind=name, type=type_of(name), code=STATUS[name], prefix=PREFIX, limits=limits)
    )


def _limits() -> dict[str, str]:
    translate = translator(request_language())
    return {
        "body": limit_text(LARGEST_BODY, translate),
        "file": limit_text(container().settings.upload_max_bytes, translate),
    }
