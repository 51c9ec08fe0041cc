"""Errors as pages: what happened, what to do, nothing of the machine (threats V06)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from wizard.config.logs import place_of, security_event
from wizard.texts import translate
from wizard.web.rate_limits import caller_id
from wizard.web.rendering import render, url
from wizard.web.request_context import container, current_site, request_language
from wizard.web.static_export import static_export

log = logging.getLogger(__name__)

Answer = Callable[[Exception], Response]

EXPLAINED = {404, 405, 413, 429, 500, 503}


def register_error_pages(app: Flask, elsewhere: Mapping[str, Answer]) -> None:
    """Give every error of the app its page; addresses that begin with a key of ``elsewhere`` get its answer instead."""

    def answer(error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.code == 429:
            security_event("rate_limited", caller=caller_id(), route=request.endpoint)
        path = request.path
        handler = next((handler for prefix, handler in elsewhere.items() if path.startswith(f"{prefix}/")), _page_of)
        return handler(error)

    app.register_error_handler(Exception, answer)
    # Flask looks for the handler of the nearest class.
    app.register_error_handler(HTTPException, answer)


def _page_of(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _http_error(error)
    return _database_away(error) if isinstance(error, SQLAlchemyError) else _fault(error)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]
    answer = _error_page(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Content-Range", "Retry-After"):
            answer.headers[name] = value
    return answer


def _database_away(error: SQLAlchemyError) -> Response:
    log.error("the database does not answer: %s", type(error).__name__)
    answer = _error_page(503)
    answer.headers["Retry-After"] = "30"
    return answer


def _fault(error: Exception) -> Response:
    log.error("unexpected fault: %s", place_of(error))
    return _error_page(500)


def _in_others(language: str, explained: int) -> list[dict[str, str]]:
    """The same in brief in every other language, for a file of an export: nobody knows what its reader speaks."""
    if static_export() is None:
        return []
    return [
        {
            "language": other,
            "title": translate(other, f"views.error_{explained}_title"),
            "to_start": translate(other, "pages.to_start"),
            "start_url": url("start", language=other),
        }
        for other in container().catalog.languages
        if other != language
    ]


def _error_page(code: int) -> Response:
    explained = code if code in EXPLAINED else (500 if code >= 500 else 404)
    language, address = request_language(), container().inbox_of(current_site())
    answer = render(
        "error.html",
        code,
        code=code,
        title=translate(language, f"views.error_{explained}_title"),
        text=translate(language, f"views.error_{explained}_text", address=address),
        support_address=address if code >= 500 else None,
        back_url=url("start"),
        in_others=_in_others(language, explained),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
