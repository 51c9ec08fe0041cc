"""CORS: the pages of our sites may call, no others, and nobody with credentials (threats W02, W15)."""

from __future__ import annotations

from collections.abc import Collection

from flask import Response, request

from wizard.api.blueprint import PREFIX, api
from wizard.api.problems import Problem
from wizard.web.request_context import container

PREFLIGHT_MAX_AGE = "600"
"""Seconds for which a browser may cache the answer to a preflight."""

ALLOWED_HEADERS = "Accept-Language, Content-Type, Idempotency-Key"
"""No ``Authorization``: the token of an agent has no place in a page."""
EXPOSED_HEADERS = "Idempotent-Replayed, Location, Retry-After"
UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")


def allowed_origins() -> Collection[str]:
    """Whose pages may make this call: those of the site that its query names, or of any site."""
    return container().cors_origins(request.args.get("site"))


@api.before_request
def _answer_preflight() -> Response | None:
    """Answer the preflight before a call (Fetch, 3.2.2); refuse what foreign pages send without one."""
    origin = request.headers.get("Origin")
    if request.method == "OPTIONS" and origin and "Access-Control-Request-Method" in request.headers:
        return Response(status=204)
    is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site" and origin not in allowed_origins()
    if is_foreign and request.method in UNSAFE_METHODS:
        raise Problem("forbidden", "origin", origin=(origin or "null")[:200])
    return None


@api.after_app_request
def _add_headers(answer: Response) -> Response:
    """Let a page of ours read the answer, errors too. Other origins get no header, and so nothing to read."""
    if not request.path.startswith(f"{PREFIX}/"):
        return answer
    answer.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is None or origin not in allowed_origins():
        return answer
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if request.method == "OPTIONS":
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
        answer.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        answer.headers["Access-Control-Max-Age"] = PREFLIGHT_MAX_AGE
    return answer
