"""The verdict: fast track or not, and the priority; decided by answers alone, never by capitals or a tick "urgent"."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.catalog.model_types import When, in_language
from wizard.catalog.models import Catalog, Situation
from wizard.texts import translate
from wizard.tickets.report import Value, Verdict


def holds(when: When, answers: Mapping[str, Value]) -> bool:
    """Whether every question named in a condition has one of the values listed for it."""
    return all(_as_set(answers.get(question)) & set(values) for question, values in when.items())


def decide_verdict(catalog: Catalog, situation: Situation, answers: Mapping[str, Value]) -> Verdict:
    """Decide the queue and the priority.

    Source: the list of situations handled out of turn, and "в порядке их поступления и приоритета" (rules.ru.txt).
    """
    priority = next((rule.priority for rule in situation.priorities if holds(rule.when, answers)), situation.priority)
    fast = situation.fast_track
    if fast is None:
        return Verdict(
            False, None, priority, {language: translate(language, "triage.in_turn") for language in catalog.languages}
        )
    if not holds(fast.when, answers):
        return Verdict(False, None, priority, dict(fast.otherwise))
    rule = next(rule for rule in catalog.fast_track_rules if rule.id == fast.rule)
    # A rule of a numbered list is named by its number; any other id is the catalog's own affair.
    key = "triage.fast" if rule.id.isdigit() else "triage.fast_unnumbered"
    reason = {
        language: translate(language, key, rule=rule.id, text=in_language(rule.text, language))
        for language in catalog.languages
    }
    return Verdict(True, rule.id, "high", reason)


def queue_rank(verdict: Verdict) -> int:
    """The place of a report among those that wait: 0 for the fast track, then by priority; arrival decides the rest."""
    return 0 if verdict.fast_track else 1 + ("high", "normal", "low").index(verdict.priority)


def _as_set(value: Value | None) -> set[str]:
    if value is None:
        return set()
    return {value} if isinstance(value, str) else set(value)
