"""Pages that are rendered to be files of a static export: where their links, their forms and their scripts lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from posixpath import relpath
from urllib.parse import urlsplit

from flask import request

IN_ENVIRON = "zayavka.static_copy"
"""Where a request says that it is for a copy. No client can set it: their headers begin with ``HTTP_``."""


@dataclass(frozen=True)
class StaticCopy:
    """One page of an export, somewhere else than the service."""

    service: str
    """The origin of the service."""
    place: str
    """The page's own path within the export: ``/ru/pricing/``."""
    is_anywhere: bool = False
    """Whether hosts serve it under any address, as they do ``404.html``: from there no path leads to the export, so all
    that the page names is the service's."""
    assets: set[str] = field(default_factory=set, compare=False)
    """The static files that the page has named so far."""

    def path_to(self, address: str) -> str:
        """The way from here to another file of the export, wherever the export as a whole may lie."""
        if self.is_anywhere:
            return f"{self.service}{address}"
        path = urlsplit(address).path
        way = relpath(path, self.place)
        return f"{way}/" if path.endswith("/") else way


def static_copy() -> StaticCopy | None:
    """What the page at hand is rendered for; None for a page that the service answers itself."""
    found: StaticCopy | None = request.environ.get(IN_ENVIRON)
    return found


def in_copy(address: str) -> str:
    """The address of what a copy has too: its own file there."""
    copy = static_copy()
    return copy.path_to(address) if copy else address


def at_service(address: str) -> str:
    """The address of what only the service can answer: from a copy the whole of it."""
    copy = static_copy()
    return f"{copy.service}{address}" if copy else address
