"""Pages and static files that are the same for everybody, answered from memory before Flask is asked."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.test import run_wsgi_app

from wizard.web.request_context import FRAME_THEMES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PUBLIC_PAGE = "public, max-age=300"
"""The ``Cache-Control`` by which a view says that its page depends on its address alone."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""That of a static file whose name changes with its content."""

ROOM = 64 * 2**20
"""Bytes of pages that are kept; when more come, all are made anew."""


@dataclass(frozen=True)
class _Page:
    body: bytes
    tag: str
    headers: list[tuple[str, str]]


class PageCache:
    """WSGI middleware. A ``GET`` page depends on the catalog, the language and the site alone (design.md, section 3).

    Only addresses that a page of ours can have are kept: a path, and at most the key of a known site and its frame.
    """

    def __init__(self, app: WSGIApplication, sites: Collection[str]) -> None:
        self._app = app
        of_sites = [f"site={quote(key)}" for key in sites if key]
        self._queries = {"", *of_sites, *(f"{site}&embed={theme}" for site in of_sites for theme in FRAME_THEMES)}
        self._pages: dict[tuple[str, str, bool], _Page] = {}
        self._size = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or ask Flask and remember what is the same for everybody."""
        query = environ.get("QUERY_STRING", "")
        if environ["REQUEST_METHOD"] != "GET" or query not in self._queries:
            return self._app(environ, start_response)
        is_packed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        place = (environ["PATH_INFO"], query, is_packed)
        page = self._pages.get(place)
        if page is None:
            body, status, headers = run_wsgi_app(self._app, environ)
            if status[:3] != "200" or headers.get("Cache-Control") not in (PUBLIC_PAGE, IMMUTABLE):
                start_response(status, headers.to_wsgi_list())
                return body
            page = _kept(b"".join(body), headers.to_wsgi_list(), is_packed)
            self._keep(place, page)
        if page.tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 NOT MODIFIED", [each for each in page.headers if each[0] != "Content-Length"])
            return []
        start_response("200 OK", page.headers)
        return [page.body]

    def _keep(self, place: tuple[str, str, bool], page: _Page) -> None:
        # Every site in every theme of every frame is a page of its own: a visitor must not fill the memory with them.
        if self._size > ROOM:
            self._pages, self._size = {}, 0
        self._pages[place] = page
        self._size += len(page.body)


def _kept(body: bytes, headers: list[tuple[str, str]], is_packed: bool) -> _Page:
    if is_packed:
        body = gzip.compress(body, 9, mtime=0)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    own = [("Content-Length", str(len(body))), ("ETag", tag), ("Vary", "Accept-Encoding")]
    if is_packed:
        own.append(("Content-Encoding", "gzip"))
    return _Page(body, tag, [each for each in headers if each[0] not in ("Content-Length", "Vary")] + own)
