"""What a request gets that is refused before the app is asked: a small page in every language, or a problem in JSON."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import dataclass
from urllib.parse import parse_qs

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from wizard.api.blueprint import PREFIX
from wizard.api.cors import EXPOSED_HEADERS
from wizard.api.problems import STATUS, type_of
from wizard.container import Container
from wizard.serve.environ import Fields
from wizard.texts import LANGUAGES, translate
from wizard.web.answer import Answer
from wizard.web.headers import always

_STYLE = (
    ":root{color-scheme:light dark;font:106.25%/1.55 system-ui,sans-serif}body{max-width:34rem;margin:3rem auto;"
    "padding:0 1rem}h1{font-size:1.4rem;line-height:1.25;margin:0 0 .5rem}section+section{margin-top:2.5rem}"
)
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class _Kind:
    status: int
    problem: str
    """The kind of problem that the API says it is."""
    detail: str
    """The key of what the API says of it."""
    retry_after: int | None = None
    """Seconds."""


KINDS = {
    "too_slow": _Kind(408, "too_slow", "api.too_slow.detail", 5),
    "too_large": _Kind(413, "too_large", "api.too_large.request"),
    "too_many": _Kind(429, "too_many_requests", "api.too_many_requests.detail", 5),
    "fault": _Kind(500, "fault", "api.fault.detail"),
    "no_room": _Kind(503, "unavailable", "api.unavailable.detail", 30),
}


class Refusals:
    """Answers that are made once and cost next to nothing."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._pages = {name: _page(name) for name in KINDS}
        self._problems = {
            (name, language): _problem(kind, language) for name, kind in KINDS.items() for language in LANGUAGES
        }

    def answer(self, name: str, path: str, query: str, fields: Fields) -> Answer:
        """The answer to a request that is refused."""
        kind = KINDS[name]
        site = parse_qs(query[:2000]).get("site", [""])[0]
        headers = {**always(self._container.settings), "Cache-Control": "no-store", "Connection": "close"}
        if kind.retry_after:
            headers["Retry-After"] = str(kind.retry_after)
        if path.startswith(f"{PREFIX}/"):
            language = self._language(fields)
            body = self._problems[name, language]
            framers = "'none'"
            headers |= {"Content-Type": "application/problem+json", "Content-Language": language, "Vary": "Origin"}
            if (origin := fields.get("HTTP_ORIGIN")) in self._container.cors_origins(site):
                headers |= {
                    "Access-Control-Allow-Origin": str(origin),
                    "Access-Control-Expose-Headers": EXPOSED_HEADERS,
                }
        else:
            body = self._pages[name]
            # A form in a frame shows this page in the same frame.
            framers = " ".join(self._container.site(site).origins) or "'none'"
            headers |= {"Content-Type": "text/html; charset=utf-8", "Content-Language": ", ".join(LANGUAGES)}
        headers["Content-Security-Policy"] = f"{_POLICY}; frame-ancestors {framers}"
        headers["Content-Length"] = str(len(body))
        return Answer(kind.status, list(headers.items()), body)

    def _language(self, fields: Fields) -> str:
        accepted = parse_accept_header(fields.get("HTTP_ACCEPT_LANGUAGE", "")[:200], LanguageAccept)
        return accepted.best_match(LANGUAGES) or self._container.catalog.default_language


def _page(name: str) -> bytes:
    titles = " · ".join(translate(language, f"refusals.{name}.title") for language in LANGUAGES)
    sections = "".join(
        f'<section lang="{language}"><h1>{html.escape(translate(language, f"refusals.{name}.title"))}</h1>'
        f"<p>{html.escape(translate(language, f'refusals.{name}.text'))}</p>"
        f"<p><strong>{html.escape(translate(language, 'refusals.back'))}</strong></p></section>"
        for language in LANGUAGES
    )
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[0]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{html.escape(titles)}</title><style>{_STYLE}</style></head><body><main>{sections}</main></body></html>\n"
    ).encode()


def _problem(kind: _Kind, language: str) -> bytes:
    body = {
        "type": type_of(kind.problem),
        "title": translate(language, f"api.{kind.problem}.title"),
        "status": STATUS[kind.problem],
        "detail": translate(language, kind.detail, seconds=kind.retry_after),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
