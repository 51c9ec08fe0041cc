"""Errors as ``application/problem+json`` (RFC 9457): a stable type, a title, and texts by question id."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from flask import Response
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from wizard.api.blueprint import PREFIX, in_json, request_translator
from wizard.config.logs import place_of
from wizard.intake.accept import Unavailable
from wizard.limits.budgets import OverBudget
from wizard.web.rate_limits import limiter

log = logging.getLogger(__name__)

TYPE = f"{PREFIX}/problems/"
"""What every type begins with. The same words everywhere, and yet a page that explains it (RFC 9457, section 3.1.1)."""
RETRY_AFTER = 30
"""Seconds after which a database that is away is asked again."""

STATUS: Mapping[str, int] = {
    "not_json": 400,
    "malformed": 400,
    "unauthorised": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "key_reused": 409,
    "already_taken": 409,
    "follow_up_came": 409,
    "erased": 410,
    "too_large": 413,
    "media_type": 415,
    "refused": 422,
    "consent_needed": 422,
    "too_many_requests": 429,
    "fault": 500,
    "unavailable": 503,
    "no_room": 503,
    "busy": 503,
}
"""Every kind of problem, and its status. Kinds never change their names: programs tell them apart by the type."""

_OF_STATUS = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "media_type",
}
_DETAIL = {"malformed": "request", "too_large": "request"}

Errors = Mapping[str, list[str]]


def type_of(kind: str) -> str:
    """The ``type`` by which programs know a kind of problem."""
    return TYPE + kind.replace("_", "-")


class Problem(Exception):
    """Why a call is refused; raised by whoever finds out, answered in one place."""

    def __init__(
        self,
        kind: str,
        case: str | None = "detail",
        *,
        errors: Errors | None = None,
        suggested: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        detail: str | None = None,
        members: Mapping[str, object] | None = None,
        **values: object,
    ) -> None:
        """``kind`` is one of ``STATUS``; ``case`` is the key of its detail, filled in by ``values``.

        ``suggested`` are values that a person may be shown in blank inputs, to keep or to change; ``members`` are those
        that this kind of problem has beside the others.
        """
        super().__init__(kind)
        self.kind, self.case, self.errors, self.suggested = kind, case, errors, suggested
        self.headers, self.detail, self.values = dict(headers or {}), detail, values
        self.members = dict(members or {})

    def answer(self) -> Response:
        """The answer in the language that was asked for."""
        translate = request_translator()
        body: dict[str, object] = {
            "type": type_of(self.kind),
            "title": translate(f"api.{self.kind}.title"),
            "status": STATUS[self.kind],
        }
        detail = self.detail or (translate(f"api.{self.kind}.{self.case}", **self.values) if self.case else None)
        if detail:
            body["detail"] = detail
        if self.errors:
            body["errors"] = self.errors
        if self.suggested:
            body["suggested"] = self.suggested
        body.update(self.members)
        answer = in_json(body, STATUS[self.kind], media_type="application/problem+json")
        answer.headers.update(self.headers)
        return answer


def refused(errors: Errors, suggested: Mapping[str, str] | None = None) -> Problem:
    """Some answers or members cannot be taken; the texts say which and why."""
    return Problem("refused", None, errors=errors, suggested=suggested)


def unavailable() -> Problem:
    """Nothing was stored and nothing is lost: the same call may be made again."""
    return Problem("unavailable", headers={"Retry-After": str(RETRY_AFTER)}, seconds=RETRY_AFTER)


def problem_of(error: Exception) -> Response:
    """The answer to whatever went wrong under the API's address. Nothing of the machine is in it (threats V06)."""
    if isinstance(error, Problem):
        return error.answer()
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, OverBudget):
        return _too_many(error.retry_after).answer()
    if isinstance(error, SQLAlchemyError | Unavailable):
        log.error("the database does not answer: %s", type(error).__name__)
        return unavailable().answer()
    log.error("unexpected fault: %s", place_of(error))
    return Problem("fault").answer()


def _of_http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return error.get_response()  # type: ignore[return-value]
    if code == 429:
        limit = limiter.current_limit
        return _too_many(max(1, int(limit.reset_at - time.time()) + 1) if limit else 60).answer()
    kind = _OF_STATUS.get(code, "fault" if code >= 500 else "malformed")
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if kind == "media_type":
        return Problem(kind, headers=headers, expected="application/json").answer()
    return Problem(kind, _DETAIL.get(kind, "detail"), headers=headers).answer()


def _too_many(seconds: int) -> Problem:
    return Problem("too_many_requests", headers={"Retry-After": str(seconds)}, seconds=seconds)
