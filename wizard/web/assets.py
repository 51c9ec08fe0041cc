"""Static files under hashed names, which change with their content, so that browsers may cache them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, abort, current_app, make_response, url_for
from werkzeug.routing import BaseConverter

from wizard.web.page_cache import IMMUTABLE
from wizard.web.static_export import in_export, static_export

assets = Blueprint("assets", __name__)

MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".woff2": "font/woff2",
}
"""By suffix. A static file of another kind has no hashed name."""


class HashedName(BaseConverter):
    """The path of a static file with the fingerprint of its content before the suffix."""

    regex = r"[^/].*?\.[0-9a-f]{12}\.[a-z0-9]+"
    part_isolating = False


assets.record(lambda state: state.app.url_map.converters.update(hashed=HashedName))


def asset(name: str) -> str:
    """The address of a static file; it changes with the content."""
    if export := static_export():
        export.assets.add(name)
    return in_export(url_for("static", filename=hashed_name(name)))


def hashed_name(name: str) -> str:
    """``js/steps.js`` as ``js/steps.0123456789ab.js``."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}.{_fingerprint(_folder() / name)}{path.suffix}"))


def asset_names() -> list[str]:
    """Every static file that has a hashed name."""
    folder = _folder()
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in MEDIA_TYPES)


@assets.get("/static/<hashed:name>")
def asset_file(name: str) -> Response:
    """A static file by its hashed name.

    A page that is older than this process may name what the file was before: it gets what the file is now, to be asked
    for again.
    """
    path = PurePosixPath(name)
    plain = str(path.with_name(f"{PurePosixPath(path.stem).stem}{path.suffix}"))
    if plain not in asset_names():
        abort(404)
    answer = make_response((_folder() / plain).read_bytes())
    answer.mimetype = MEDIA_TYPES[path.suffix]
    answer.headers["Cache-Control"] = IMMUTABLE if name == hashed_name(plain) else "no-cache"
    return answer


def _folder() -> Path:
    return Path(str(current_app.static_folder))


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
