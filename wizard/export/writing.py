"""An export from beginning to end: pages and static files are made, packed, and put into a folder."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask import Flask

from wizard.container import Container
from wizard.export.folder import ExportedFile, ExportError, files_of_before, write_folder
from wizard.export.headers import headers_file, nginx_file
from wizard.export.pages import made_assets, made_pages

ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
PACKED_TYPES = ("text/", "image/svg+xml")
PACKERS = 4
"""Threads that pack: brotli lets go of the interpreter while it works."""


@dataclass(frozen=True)
class Outcome:
    """What an export has come to."""

    pages: int
    files: int
    size: int
    """Bytes of all files."""
    removed: int
    """Files of an earlier export that are gone."""


def write_export(app: Flask, folder: Path, service_origin: str, site: str = "") -> Outcome:
    """Write the pages of a site in every language, with all that they need, into a folder.

    ``service_origin`` is where the service answers: there forms are sent and scripts ask. The same catalog, texts and
    options give the same bytes.

    Raises:
        ExportError: the folder holds something else, the origin is none, or there is no such site.
    """
    container: Container = app.extensions["zayavka"]
    if not ORIGIN.fullmatch(service_origin):
        raise ExportError(f"--api: {service_origin!r} is not an origin such as https://help.desk.example")
    if site not in container.sites:
        raise ExportError(f"--site: there is no site {site!r}; known are: {', '.join(filter(None, container.sites))}")
    files_of_before(folder)
    pages = list(made_pages(app, service_origin, site))
    framers = container.site(site).origins
    notes = {
        "_headers": headers_file(service_origin, framers, container.catalog.languages),
        "nginx.conf": nginx_file(service_origin, framers),
    }
    assets = made_assets(app, service_origin, {name for page in pages for name in page.assets})
    with ThreadPoolExecutor(PACKERS) as pool:
        files = [packed for each in pool.map(_with_packed, [*assets, *pages]) for packed in each]
    files += [ExportedFile(path, text.encode(), "text/plain") for path, text in notes.items()]
    catalog = {"id": container.catalog.id, "version": container.catalog.version}
    removed = write_folder(folder, files, {"service": service_origin, "site": site or None, "catalog": catalog})
    return Outcome(len(pages), len(files), sum(len(each.content) for each in files), removed)


def _with_packed(made: ExportedFile) -> list[ExportedFile]:
    return [made, *_packed(made)]


def _packed(made: ExportedFile) -> Iterator[ExportedFile]:
    if made.type.startswith(PACKED_TYPES):
        yield ExportedFile(f"{made.path}.gz", gzip.compress(made.content, 9, mtime=0), made.type, "gzip")
        yield ExportedFile(f"{made.path}.br", brotli.compress(made.content, mode=brotli.MODE_TEXT), made.type, "br")
