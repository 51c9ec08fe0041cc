"""What a request is about: the language and the site that it names, and whether its page stands in a frame."""

from __future__ import annotations

from flask import current_app, g, request
from werkzeug.routing import BaseConverter

from wizard.config.sites import Site
from wizard.container import Container

FRAME_THEMES = ("auto", "light", "dark")
"""What ``?embed=`` may say: the page stands in a frame, in this theme; ``auto`` leaves the theme to the site."""


def container() -> Container:
    """The container of the current app."""
    extension: Container = current_app.extensions["zayavka"]
    return extension


class Language(BaseConverter):
    """A language in a path: two small letters. ``/robots.txt`` is none."""

    regex = "[a-z]{2}"


def request_language() -> str:
    """The language of the page, or the best guess where the path names none (an error page, ``/``)."""
    catalog = container().catalog
    language: str | None = g.get("language")
    if language:
        return language
    first = request.path.split("/", 2)[1]
    if first in catalog.languages:
        return first
    return request.accept_languages.best_match(catalog.languages) or current_site().language or catalog.default_language


def current_site() -> Site:
    """The site whose form this is, named by ``?site=``; it decides who may frame the answer."""
    return container().site(request.args.get("site"))


def frame_theme() -> str | None:
    """The theme of a page in somebody else's frame, None for a page in a window of its own.

    It stands in the address, so that pages in a frame can be cached like all others. Without a site nobody may frame.
    """
    theme = request.args.get("embed")
    return theme if theme in FRAME_THEMES and current_site().key else None


def context_query() -> dict[str, str]:
    """The query that every address on the way has: the site, and whether the page stands in a frame."""
    site, theme = current_site().key, frame_theme()
    return {**({"site": site} if site else {}), **({"embed": theme} if theme else {})}
