"""How a letter to the desk says how many similar reports came before it: one line, one header, numbers alone."""

from __future__ import annotations

from wizard.mail.message import Header
from wizard.texts import translate
from wizard.tickets.similar import MOST_COUNTED, Similar

HEADER = "X-Ticket-Similar"


def similar_header(similar: Similar | None) -> tuple[Header, ...]:
    """``hour=12 day=40 same-hour=3 same-day=5 client-week=1``, less what the report names nothing for."""
    if similar is None:
        return ()
    counts = {
        "hour": similar.hour,
        "day": similar.day,
        "same-hour": similar.same_hour,
        "same-day": similar.same_day,
        "client-week": similar.client_week,
    }
    return ((HEADER, " ".join(f"{name}={count}" for name, count in counts.items() if count is not None)),)


def similar_line(similar: Similar | None, language: str, about: str = "") -> str:
    """The same for a person; empty where there is nothing to say.

    Args:
        similar: what was counted.
        language: the desk's.
        about: the label of the question in which the same site, supplier or domain was named.
    """
    if similar is None:
        return ""
    sentences = [_of_situation(similar, language, about), _of_client(similar, language)]
    return " ".join(sentence for sentence in sentences if sentence)


def _of_situation(similar: Similar, language: str, about: str) -> str:
    if not similar.day:
        return ""
    hour, day = _number(similar.hour), _number(similar.day)
    # Nobody is told of an hour in which nothing came, and of a day twice.
    span = "_day" if not similar.hour else "_hour" if similar.hour == similar.day else ""
    sentence = translate(language, f"similar.reports{span}", hour=hour, day=day)
    if similar.same_day:
        key = f"similar.{'same' if about else 'same_subject'}{'_once' if span else ''}"
        same = {"hour": _number(similar.same_hour or 0), "day": _number(similar.same_day), "about": about}
        sentence += translate(language, key, **same)
    return f"{sentence}."


def _of_client(similar: Similar, language: str) -> str:
    return translate(language, "similar.client", count=_number(similar.client_week)) if similar.client_week else ""


def _number(count: int) -> str:
    return f"{count}+" if count >= MOST_COUNTED else str(count)
