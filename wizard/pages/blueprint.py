"""What all pages hang on: the blueprint, the language of the path, the site of the query."""

from __future__ import annotations

from flask import Blueprint, abort, g, request
from werkzeug.routing import BaseConverter

from wizard.service import service
from wizard.sites import Site

pages = Blueprint("pages", __name__)


class Language(BaseConverter):
    """A language in a path: two small letters. ``/robots.txt`` is none."""

    regex = "[a-z]{2}"


pages.record(lambda state: state.app.url_map.converters.update(language=Language))


@pages.url_value_preprocessor
def _know_language_and_site(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Take the language out of the path and the site out of the query; an unknown language is no page."""
    language = (values or {}).pop("language", None)
    if language is not None and language not in service().catalog.languages:
        abort(404)
    g.language = language


def current_site() -> Site:
    """The site whose form this is, named by ``?site=``; it decides who may frame the answer."""
    return service().site(request.args.get("site"))
