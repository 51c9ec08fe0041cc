"""What all calls share: the blueprint, the language that is asked for, the rate limits of one caller's network."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request

from wizard.texts import Translator, translator
from wizard.web.rate_limits import caller_network, limiter
from wizard.web.request_context import container

PREFIX = "/api/v1"

PUBLIC_API = "public, max-age=600"
"""``Cache-Control`` of what depends on the catalog and, as its ``Vary`` says, on who asks. ``PageCache`` has none."""

api = Blueprint("api", __name__, url_prefix=PREFIX)


limiter.limit(lambda: container().settings.api_limit, key_func=caller_network)(api)

limit_writing: Callable[[Callable[..., Response]], Callable[..., Response]] = limiter.shared_limit(
    lambda: container().settings.api_limit_writing, scope="api-writing", key_func=caller_network
)
"""Calls that store something share one rate limit; it stands in place of that of the blueprint."""


def request_language() -> str:
    """The language to answer in: what the call names, else what its headers ask for, else the site's own."""
    catalog = container().catalog
    named: str | None = g.get("api_language") or request.args.get("language")
    if named in catalog.languages:
        return str(named)
    site = container().site(g.get("api_site") or request.args.get("site"))
    return request.accept_languages.best_match(catalog.languages) or site.language or catalog.default_language


def set_answer_language(body: Any) -> None:
    """Answer this call in the language that its body names, or in that of the site that it names."""
    if isinstance(body, dict):
        named, site = body.get("language"), body.get("site")
        g.api_language = named if named in container().catalog.languages else None
        g.api_site = site if isinstance(site, str) else None


def request_translator() -> Translator:
    """The words of the language to answer in."""
    return translator(request_language())


def in_json(body: Any, status: int = 200, *, media_type: str = "application/json", **headers: str) -> Response:
    """An answer in JSON, cached by nobody unless ``headers`` say otherwise."""
    # A lone surrogate becomes its JSON escape (threats E03).
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    # A line by itself, for those who call from a shell.
    answer = Response(text + b"\n", status, mimetype=media_type)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = request_language()
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def public(answer: Response) -> Response:
    """An answer that is the same for everybody: cached for minutes, and revalidated by its ETag afterwards."""
    answer.headers["Cache-Control"] = PUBLIC_API
    answer.vary.update(["Accept-Language", "Origin"])
    answer.add_etag()
    return answer.make_conditional(request)  # type: ignore[return-value]
