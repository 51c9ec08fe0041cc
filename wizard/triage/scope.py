"""Who is affected, as a text says it: never decides the queue, but may contradict the chosen answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from wizard.catalog.models import Catalog, Situation
from wizard.catalog.phrasebook import Phrasebook
from wizard.tickets.report import Value
from wizard.triage.verdict import holds
from wizard.triage.words import LONGEST, compiled, words

Scope = Literal["everyone", "only_some"]


def scope_in(book: Phrasebook, text: str) -> Scope | None:
    """Whether all are affected or some only; None when the text does not say, or says both."""
    tokens = words(text[:LONGEST])
    some = compiled(book.only_some).places(tokens)
    within = {at for start, end in some for at in range(start, end)}
    # "не у всех" holds "у всех": the longer phrase was meant.
    everyone = [place for place in compiled(book.everyone).places(tokens) if not within.intersection(range(*place))]
    if bool(some) == bool(everyone):
        return None
    return "everyone" if everyone else "only_some"


def contradiction(catalog: Catalog, situation: Situation, answers: Mapping[str, Value], text: str) -> Scope | None:
    """What the text says of the scope where the answers that decide the queue say the opposite; else None."""
    if situation.fast_track is None:
        return None
    scope = scope_in(catalog.phrasebook, text)
    if scope is None or holds(situation.fast_track.when, answers) == (scope == "everyone"):
        return None
    return scope
