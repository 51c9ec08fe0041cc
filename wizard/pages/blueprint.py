"""What all pages hang on: the blueprint, the language of the path, the site and the frame of the query."""

from __future__ import annotations

from flask import Blueprint, abort, g, request
from werkzeug.routing import BaseConverter

from wizard.config.sites import Site
from wizard.web.request_context import container

pages = Blueprint("pages", __name__)

FRAME_THEMES = ("auto", "light", "dark")
"""What ``?embed=`` may say: the page stands in a frame, in this theme; ``auto`` leaves the theme to the site."""


class Language(BaseConverter):
    """A language in a path: two small letters. ``/robots.txt`` is none."""

    regex = "[a-z]{2}"


pages.record(lambda state: state.app.url_map.converters.update(language=Language))


@pages.url_value_preprocessor
def _know_language_and_site(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Take the language out of the path and the site out of the query; an unknown language is no page."""
    language = (values or {}).pop("language", None)
    if language is not None and language not in container().catalog.languages:
        abort(404)
    g.language = language


def current_site() -> Site:
    """The site whose form this is, named by ``?site=``; it decides who may frame the answer."""
    return container().site(request.args.get("site"))


def frame_theme() -> str | None:
    """The theme of a page in somebody else's frame, None for a page in a window of its own.

    It stands in the address, so that pages in a frame can be kept like all others. Without a site nobody may frame.
    """
    theme = request.args.get("embed")
    return theme if theme in FRAME_THEMES and current_site().key else None


def kept_query() -> dict[str, str]:
    """What every address on the way keeps: the site, and whether the page stands in a frame."""
    site, theme = current_site().key, frame_theme()
    return {**({"site": site} if site else {}), **({"embed": theme} if theme else {})}
