"""An export from beginning to end: pages and static files are rendered, compressed, and put into a folder."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import brotli
from flask import Flask

from wizard.container import Container
from wizard.export.folder import ExportedFile, ExportError, earlier_files, write_folder
from wizard.export.headers import headers_file, nginx_file
from wizard.export.pages import render_assets, render_pages
from wizard.values.url import ORIGIN

COMPRESSED_TYPES = ("text/", "image/svg+xml")
COMPRESSORS = 4
"""Threads that compress: brotli lets go of the interpreter while it works."""


@dataclass(frozen=True)
class Outcome:
    """What an export has come to."""

    pages: int
    files: int
    size: int
    """Bytes of all files."""
    removed: int
    """Files of an earlier export that were removed."""


def write_export(app: Flask, folder: Path, service_origin: str, site: str = "") -> Outcome:
    """Write the pages of a site in every language, with all that they need, into a folder.

    ``service_origin`` is where the service answers: there forms are sent and scripts ask. The same catalog, texts and
    options give the same bytes.

    Raises:
        ExportError: the folder holds something else, the origin is none, or there is no such site.
    """
    container: Container = app.extensions["zayavka"]
    if not re.fullmatch(ORIGIN, service_origin):
        raise ExportError(f"--api: {service_origin!r} is not an origin such as https://help.desk.example")
    if site not in container.sites:
        raise ExportError(f"--site: there is no site {site!r}; known are: {', '.join(filter(None, container.sites))}")
    earlier_files(folder)
    pages = list(render_pages(app, service_origin, site))
    framers = container.site(site).origins
    notes = {
        "_headers": headers_file(service_origin, framers, container.catalog.languages),
        "nginx.conf": nginx_file(service_origin, framers),
    }
    assets = render_assets(app, service_origin, {name for page in pages for name in page.assets})
    with ThreadPoolExecutor(COMPRESSORS) as pool:
        files = [*chain.from_iterable(pool.map(_with_compressed, [*assets, *pages]))]
    files += [ExportedFile(path, text.encode(), "text/plain") for path, text in notes.items()]
    catalog = {"id": container.catalog.id, "version": container.catalog.version}
    removed = write_folder(folder, files, {"service": service_origin, "site": site or None, "catalog": catalog})
    return Outcome(len(pages), len(files), sum(len(file.content) for file in files), removed)


def _with_compressed(file: ExportedFile) -> list[ExportedFile]:
    return [file, *_compressed(file)]


def _compressed(file: ExportedFile) -> Iterator[ExportedFile]:
    if file.type.startswith(COMPRESSED_TYPES):
        yield ExportedFile(f"{file.path}.gz", gzip.compress(file.content, 9, mtime=0), file.type, "gzip")
        yield ExportedFile(f"{file.path}.br", brotli.compress(file.content, mode=brotli.MODE_TEXT), file.type, "br")
