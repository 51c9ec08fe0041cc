"""The API's own pages: its description, to read and to try, and what each kind of problem means."""

from __future__ import annotations

from flask import Response, abort

from wizard.api.blueprint import PREFIX, public
from wizard.api.bodies import LARGEST_BODY
from wizard.api.problems import STATUS, type_of
from wizard.pages.blueprint import pages
from wizard.pages.rendering import render, spoken_language
from wizard.service import service
from wizard.texts import say_in
from wizard.values.sizes import limit_text

VIEWER = "vendor/rapidoc-9.3.8/rapidoc-min.js"

# The viewer writes its style sheets into its own shadow tree; calls go to this service and nowhere else.
VIEWER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'"
)


@pages.get(f"{PREFIX}/docs")
def api_docs() -> Response:
    """The OpenAPI document, to read and to try."""
    page = render("api/docs.html", prefix=PREFIX, viewer=VIEWER)
    page.headers["Content-Security-Policy"] = VIEWER_POLICY
    return public(page)


@pages.get(f"{PREFIX}/problems/<kind>")
def api_problem(kind: str) -> Response:
    """What a kind of problem means and what to do: where the ``type`` of a problem leads."""
    name = next((each for each in STATUS if type_of(each).endswith(f"/{kind}")), None) or abort(404)
    limits = _limits()
    return public(
        render("api/problem.html", kind=name, type=type_of(name), code=STATUS[name], prefix=PREFIX, limits=limits)
    )


def _limits() -> dict[str, str]:
    say = say_in(spoken_language())
    return {"body": limit_text(LARGEST_BODY, say), "file": limit_text(service().settings.upload_max_bytes, say)}
