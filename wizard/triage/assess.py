"""Everything that triage reads from a text alone: what the search box, the API and the score show."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.catalog.models import Catalog
from wizard.triage.bounce.report import has_bounce_text
from wizard.triage.error_text import has_error_text
from wizard.triage.politeness import is_polite
from wizard.triage.several_questions import several_questions
from wizard.triage.suggest.ranker import SURE, Suggestion, suggest
from wizard.triage.ticket_numbers import continues_ticket, ticket_numbers
from wizard.triage.vague import ask_back, says_too_little
from wizard.values.secrets import Secret, secrets_in


@dataclass(frozen=True)
class Assessment:
    """What a text says and lacks. Nothing of it decides the queue, nothing stops a report."""

    vague: bool
    ask: str | None
    """The one question to ask back, in the client's language; None when the text can be acted on."""
    polite: bool
    several_questions: bool
    ticket_numbers: tuple[str, ...]
    continues_ticket: bool | None
    """None when the text names no ticket."""
    secrets: tuple[Secret, ...]
    has_error_text: bool
    has_bounce_text: bool
    suggestions: tuple[Suggestion, ...]


def assess(
    catalog: Catalog,
    text: str,
    *,
    subject: str | None = None,
    situation: str | None = None,
    language: str | None = None,
) -> Assessment:
    """Read a text as a whole.

    ``situation`` is the one that the client has chosen; without it, the likeliest is taken to ask back.
    """
    book = catalog.phrasebook
    suggestions = suggest(catalog, text)
    chosen = situation or (suggestions[0].situation if suggestions else None)
    is_sure = situation is not None or bool(suggestions and suggestions[0].score >= SURE)
    vague = says_too_little(catalog, text, chosen if is_sure else None)
    is_bounce = has_bounce_text(text)
    return Assessment(
        vague=vague,
        ask=ask_back(catalog, chosen, text, language or catalog.default_language) if vague else None,
        polite=is_polite(book, text),
        several_questions=several_questions(catalog, text),
        ticket_numbers=ticket_numbers(f"{subject or ''}\n{text}"),
        continues_ticket=continues_ticket(catalog, subject, text),
        secrets=secrets_in(text, book.secret_names),
        has_error_text=is_bounce or has_error_text(book, text),
        has_bounce_text=is_bounce,
        suggestions=suggestions,
    )
