"""What all pages hang on: the blueprint, and the language of the path."""

from __future__ import annotations

from flask import Blueprint, abort, g

from wizard.web.request_context import Language, container

pages = Blueprint("pages", __name__)

pages.record(lambda state: state.app.url_map.converters.update(language=Language))


def know_language(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Take the language out of the path; an unknown one is no page."""
    language = (values or {}).pop("language", None)
    if language is not None and language not in container().catalog.languages:
        abort(404)
    g.language = language


pages.url_value_preprocessor(know_language)
