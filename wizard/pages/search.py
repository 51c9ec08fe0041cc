"""From a client's own words to the situations that they may be about. Words travel in bodies, never in addresses."""

from __future__ import annotations

from flask import Response, redirect, request
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Situation, full_label
from wizard.catalog.questions import LongText, ShortText
from wizard.intake.prefill import prefill_from_text
from wizard.pages.blueprint import pages
from wizard.pages.browse import known_situation
from wizard.pages.form_view import form_page, unsent
from wizard.triage.suggest.ranker import Suggestion, suggest
from wizard.values.text import one_line, replace_surrogates
from wizard.web.rendering import private, render, url
from wizard.web.request_context import container, request_language

LONGEST_SEARCH = 500
"""Characters; what is longer is a report already."""


@pages.get("/<language:language>/search/")
def empty_search() -> Response:
    """Whoever comes back to the results by an address begins anew: there are no words in it."""
    return redirect(url("start"), code=302)  # type: ignore[return-value]


@pages.post("/<language:language>/search/")
def search() -> Response:
    """The situations that fit, the likeliest first; each leads to its form and takes the words along."""
    words = _words()
    if not words:
        return empty_search()
    found = suggest(container().catalog, words)
    return private(render("search.html", words=words, found=[_shown(each) for each in found]))


@pages.get("/<language:language>/search/<category>/<situation>/")
def not_begun(category: str, situation: str) -> Response:
    """The same form without words: a browser that comes back finds them in its draft."""
    known_situation(category, situation)
    return redirect(url("situation", category=category, situation=situation), code=302)  # type: ignore[return-value]


@pages.post("/<language:language>/search/<category>/<situation>/")
def begin(category: str, situation: str) -> Response:
    """The form with the words in their place, and with what they tell offered in the others."""
    group, found = known_situation(category, situation)
    words = _words()
    place = _place_for(found, words)
    page = unsent(group, found, MultiDict({place: words} if place else {}))
    prefill_from_text(page.form, words)
    return private(form_page(page, begun=True, sought="" if place else words))


def _place_for(situation: Situation, words: str) -> str | None:
    """The question that takes a client's own words, if one is asked and would accept so few of them."""
    asked = [each.question for each in container().catalog.asked(situation) if each.question.part == "words"]
    fitting = (each.id for each in asked if isinstance(each, ShortText | LongText) and each.min_length <= len(words))
    return next(fitting, None)


def _words() -> str:
    return one_line(replace_surrogates(request.form.get("text", "")[:LONGEST_SEARCH]))


def _shown(suggestion: Suggestion) -> dict[str, str | bool]:
    catalog = container().catalog
    situation, category = catalog.situations[suggestion.situation], catalog.category_of[suggestion.situation]
    return {
        "label": full_label(category, situation, request_language()),
        "hint": situation.hint[request_language()] if situation.hint else "",
        "fast_track": bool(situation.fast_track),
        "url": url("begin", category=category.id, situation=situation.id),
    }
