"""The static export: where the links, forms and scripts of a page lead that is rendered to be a file of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from posixpath import relpath
from urllib.parse import urlsplit

from flask import request

EXPORT_ENVIRON_KEY = "zayavka.static_export"
"""Where a request says that it is for a static export. No client can set it: their headers begin with ``HTTP_``."""


@dataclass(frozen=True)
class StaticExport:
    """The export that a page is rendered for, which lies somewhere else than the service."""

    service: str
    """The origin of the service."""
    path: str
    """The page's own path within the export: ``/ru/pricing/``."""
    is_anywhere: bool = False
    """Whether hosts serve it under any address, as they do ``404.html``: from there no path leads to the export, so all
    that the page names is the service's."""
    assets: set[str] = field(default_factory=set, compare=False)
    """The static files that the page has named so far."""

    def path_to(self, address: str) -> str:
        """The relative address of another file of the export, wherever the export as a whole may lie."""
        if self.is_anywhere:
            return f"{self.service}{address}"
        path = urlsplit(address).path
        relative = relpath(path, self.path)
        return f"{relative}/" if path.endswith("/") else relative


def static_export() -> StaticExport | None:
    """The export that the page at hand is rendered for; None for a page that the service answers itself."""
    export: StaticExport | None = request.environ.get(EXPORT_ENVIRON_KEY)
    return export


def in_export(address: str) -> str:
    """The address of what an export has too: its own file there."""
    export = static_export()
    return export.path_to(address) if export else address


def at_service(address: str) -> str:
    """The address of what only the service can answer: from an export the whole of it."""
    export = static_export()
    return f"{export.service}{address}" if export else address
