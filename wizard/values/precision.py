"""How exact a moment is that a client gave."""

from __future__ import annotations

from typing import Literal

Precision = Literal["minute", "hour", "day"]
"""``minute``: to the minute. ``hour``: within an hour or so, given in hours or with "about". ``day``: only the day is
sure."""
