"""The same words sent again: with another address, number or situation, by the same sender, or by anybody.

What is counted is a keyed digest of the letters alone, in the hours of ``budget_usage``. The same report, down to each
answer, is no matter of this: it is the ticket that it already is (``intake.idempotency``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from wizard.config.settings import Settings
from wizard.limits import usage
from wizard.limits.spam import without_names
from wizard.tickets.caller import Caller

REPEATED = "repeated"
"""The doubt."""

SCOPE = "words"

LETTERS, LETTERS_ANYWHERE = 60, 200
"""A text of fewer letters says what many have to say: «не открывается сайт». Two strangers never write the same 200."""

MOST, MOST_ANYWHERE = 1, 2
"""How often the same words go out in a day: the desk has read them by then."""

_NOT_LETTERS = re.compile(r"[\W\d_]+")


def doubt_repetition(
    connection: Connection, settings: Settings, caller: Caller, texts: Sequence[str], now: datetime
) -> Caller:
    """Count the words of an accepted report or follow-up; the caller, doubted if they came before.

    Part of the caller's transaction. A site's own server, known by its secret, may repeat itself.
    """
    letters = _NOT_LETTERS.sub("", without_names("\n".join(texts)).casefold())
    if not settings.hold_doubtful or caller.site is not None or len(letters) < LETTERS:
        return caller
    is_repeated = _count(connection, settings, f"{caller.network}\n{letters}", now) > MOST
    if len(letters) >= LETTERS_ANYWHERE:
        is_repeated |= _count(connection, settings, letters, now) > MOST_ANYWHERE
    return replace(caller, doubts=(*caller.doubts, REPEATED)) if is_repeated else caller


def _count(connection: Connection, settings: Settings, text: str, now: datetime) -> int:
    """Count a text in the hour at hand; how often it came in the last 24 hours, this time included."""
    digest = usage.digest_of_caller(settings, SCOPE, text)
    usage.count(connection, SCOPE, digest, now)
    return usage.read_usage(connection, SCOPE, digest, now).day
