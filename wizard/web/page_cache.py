"""The cache of pages and static files that are the same for everybody, answered from memory before Flask is asked."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.datastructures import Accept, Headers
from werkzeug.http import parse_accept_header, parse_etags, parse_set_header
from werkzeug.test import run_wsgi_app

from wizard.web.answer import Answer
from wizard.web.request_context import FRAME_THEMES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PUBLIC_PAGE = "public, max-age=300"
"""The ``Cache-Control`` by which a view says that its page depends on its address alone."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""That of a static file whose name changes with its content."""

MAX_BYTES = 64 * 2**20
"""Bytes of pages that are cached at most; when more come, the cache is emptied."""

_REASONS = {200: "OK", 304: "NOT MODIFIED"}

LONGEST_ENCODINGS = 200
"""Characters of ``Accept-Encoding`` that are read: a stranger must not fill the memory with what is remembered."""

_Key = tuple[str, str, bool]
"""Path, query, and whether it is gzipped."""


@dataclass(frozen=True)
class _Page:
    etag: str
    whole: Answer
    head: Answer
    unchanged: Answer

    def answer(self, method: str, fields: Mapping[str, Any]) -> Answer:
        """What a request gets, by its method and its header fields."""
        if_none_match = fields.get("HTTP_IF_NONE_MATCH", "")
        if if_none_match and _matches(self.etag, if_none_match):
            return self.unchanged
        return self.head if method == "HEAD" else self.whole


class PageCache:
    """WSGI middleware. A ``GET`` page depends on the catalog, the language and the site alone (docs/architecture.md).

    Only addresses that a page of ours can have are cached: a path, and at most the key of a known site and its frame.
    """

    def __init__(self, app: WSGIApplication, sites: Collection[str]) -> None:
        self._app = app
        of_sites = [f"site={quote(site)}" for site in sites if site]
        self._queries = {"", *of_sites, *(f"{query}&embed={theme}" for query in of_sites for theme in FRAME_THEMES)}
        self._pages: dict[_Key, _Page] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from the cache, or ask Flask and cache what is the same for everybody."""
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        if method not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        cached = self.cached(method, environ["PATH_INFO"], query, environ)
        if cached is None:
            # HEAD is GET without the body (RFC 9110, section 9.3.2), and so are its headers.
            body, status, headers = run_wsgi_app(self._app, {**environ, "REQUEST_METHOD": "GET"})
            if query not in self._queries or not _is_cacheable(status, headers):
                start_response(status, headers.to_wsgi_list())
                return _close(body) if method == "HEAD" else body
            key = (environ["PATH_INFO"], query, _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")))
            page = _page_of(b"".join(body), headers, is_gzipped=key[2])
            self._store(key, page)
            cached = page.answer(method, environ)
        start_response(f"{cached.status} {_REASONS[cached.status]}", list(cached.headers))
        return [cached.body] if cached.body else []

    def cached(self, method: str, path: str, query: str, fields: Mapping[str, Any]) -> Answer | None:
        """The answer to a request whose page is cached already; None to any other.

        Args:
            fields: header fields by their names in a WSGI environ.
        """
        if method not in ("GET", "HEAD"):
            return None
        page = self._pages.get((path, query, _takes_gzip(fields.get("HTTP_ACCEPT_ENCODING", ""))))
        return page.answer(method, fields) if page else None

    def _store(self, key: _Key, page: _Page) -> None:
        # Every site in every theme of every frame is a page of its own: a visitor must not fill the memory with them.
        with self._lock:
            if key in self._pages:
                return
            if self._size + len(page.whole.body) > MAX_BYTES:
                self._pages, self._size = {}, 0
            self._pages[key] = page
            self._size += len(page.whole.body)


def _is_cacheable(status: str, headers: Headers) -> bool:
    """Whether an answer is a page that depends on what the cache tells apart, and on nothing else."""
    varies_by = parse_set_header(", ".join(headers.getlist("Vary"))).as_set()
    is_public = headers.get("Cache-Control") in (PUBLIC_PAGE, IMMUTABLE)
    return status[:3] == "200" and is_public and varies_by <= {"accept-encoding"} and "Set-Cookie" not in headers


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether a client takes a page gzipped, and likes it no less than a plain one (RFC 9110, section 12.5.3)."""
    return _prefers_gzip(accept_encoding[:LONGEST_ENCODINGS])


@lru_cache(maxsize=64)
def _prefers_gzip(accept_encoding: str) -> bool:
    # Browsers send a handful of values, so nearly all are known already.
    accepted = parse_accept_header(accept_encoding, Accept)
    return accepted.quality("gzip") > 0 and accepted.quality("gzip") >= accepted.quality("identity")


def _matches(etag: str, if_none_match: str) -> bool:
    """Whether ``If-None-Match`` names this tag, a weak one of the same text, or any by ``*`` (RFC 9110, 13.1.2)."""
    return if_none_match == etag or parse_etags(if_none_match).contains_weak(etag.strip('"'))


def _page_of(body: bytes, headers: Headers, *, is_gzipped: bool) -> _Page:
    if is_gzipped:
        body = gzip.compress(body, 9, mtime=0)
        headers["Content-Encoding"] = "gzip"
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers["ETag"], headers["Vary"] = etag, "Accept-Encoding"
    headers.remove("Content-Length")
    fields = headers.to_wsgi_list()
    fields_with_body = [*fields, ("Content-Length", str(len(body)))]
    return _Page(etag, Answer(200, fields_with_body, body), Answer(200, fields_with_body), Answer(304, fields))


def _close(body: Iterable[bytes]) -> list[bytes]:
    """Close a body that nobody is sent."""
    if hasattr(body, "close"):
        body.close()
    return []
