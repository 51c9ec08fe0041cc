"""How exact a moment is that a client gave."""

from __future__ import annotations

import re
from typing import Literal

Precision = Literal["minute", "hour", "part_of_day", "day"]
"""``minute``: by the clock. ``hour``: give or take an hour. ``part_of_day``: in the morning, in the evening. ``day``:
only the day is sure."""

ABOUT = r"около|примерно|приблизительно|где-то|ок\.?|about|around|approximately|approx\.?"
"""Words before a time that is not exact; "~" and "≈" say the same."""

_ABOUT = re.compile(rf"(?<!\w)(?:{ABOUT})(?!\w)|~|≈")


def precision_of_time(text: str, minutes: str | None) -> Precision:
    """How exact a time of day is, by the words around it.

    "9:40" is of the minute, "9 вечера" of the hour, and so is "около 9:40". Whoever says "около 9:00" means the
    morning: in these words a form offers what it has read as "с утра".

    Args:
        text: what was typed, in lower case.
        minutes: those of the time as typed; None where it has none.
    """
    is_about = _ABOUT.search(text) is not None
    if minutes in (None, "00"):
        return "part_of_day" if is_about else ("minute" if minutes else "hour")
    return "hour" if is_about else "minute"
