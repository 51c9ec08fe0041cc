"""Search: from a client's own words to situations that fit. Words travel in bodies, never in addresses."""

from __future__ import annotations

from flask import Response, redirect, request
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Situation, full_label
from wizard.catalog.questions import LongText, ShortText
from wizard.intake.prefill import prefill_from_text
from wizard.limits.budgets import OverBudget
from wizard.pages.blueprint import pages
from wizard.pages.browse import known_situation
from wizard.pages.form_view import blank_form, form_page
from wizard.triage.suggest.ranker import Suggestion, suggest
from wizard.values.text import one_line, replace_surrogates
from wizard.web.rate_limits import current_caller, spend_call
from wizard.web.rendering import private, render, url
from wizard.web.request_context import container, request_language

MAX_SEARCH_LENGTH = 500
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
    try:
        spend_call(current_caller())
    except OverBudget as over:
        # The words stay in their box, and the categories stand below it.
        answer = private(render("search.html", 429, words=words, suggestions=[]))
        answer.headers["Retry-After"] = str(over.retry_after)
        return answer
    suggestions = suggest(container().catalog, words)
    return private(render("search.html", words=words, suggestions=[_row(suggestion) for suggestion in suggestions]))


@pages.get("/<language:language>/search/<category>/<situation>/")
def not_begun(category: str, situation: str) -> Response:
    """The same form without words: a browser that comes back finds them in its draft."""
    known_situation(category, situation)
    return redirect(url("situation", category=category, situation=situation), code=302)  # type: ignore[return-value]


@pages.post("/<language:language>/search/<category>/<situation>/")
def begin(category: str, situation: str) -> Response:
    """The form with the words in their place, and with the facts extracted from them offered in the others."""
    known, words = known_situation(category, situation), _words()
    question = _words_question(known[1], words)
    page = blank_form(*known, MultiDict({question: words} if question else {}))
    prefill_from_text(page.form, words)
    return private(form_page(page, is_begun=True, unplaced_words="" if question else words))


def _words_question(situation: Situation, words: str) -> str | None:
    """The question that takes a client's own words, if one is asked and would accept so few of them."""
    questions = [asked.question for asked in container().catalog.asked(situation) if asked.question.part == "words"]
    texts = (question for question in questions if isinstance(question, ShortText | LongText))
    return next((question.id for question in texts if question.min_length <= len(words)), None)


def _words() -> str:
    return one_line(replace_surrogates(request.form.get("text", "")[:MAX_SEARCH_LENGTH]))


def _row(suggestion: Suggestion) -> dict[str, str | bool]:
    catalog = container().catalog
    situation, category = catalog.situations[suggestion.situation], catalog.category_of[suggestion.situation]
    return {
        "label": full_label(category, situation, request_language()),
        "hint": situation.hint[request_language()] if situation.hint else "",
        "fast_track": bool(situation.fast_track),
        "url": url("begin", category=category.id, situation=situation.id),
    }
