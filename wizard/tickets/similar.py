"""Similar reports: how many others came shortly before a ticket. Numbers alone, no words and no names."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

MOST_COUNTED = 1000
"""Reports of a day that are looked at: a number that reaches it stands for itself and more."""


@dataclass(frozen=True)
class Similar:
    """Other reports that reached the same inbox before a ticket did, as counted when its letter was first composed."""

    hour: int
    """Of the same situation in the last hour."""
    day: int
    """Of the same situation in the last 24 hours."""
    same_hour: int | None = None
    """Of these with the same site, supplier or domain; None where the report names none."""
    same_day: int | None = None
    client_week: int | None = None
    """Of the same client in the last 7 days, whatever they were about; None where the report names nobody."""

    def dump(self) -> str:
        """As JSON, for the letter's row in the outbox."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, details: str) -> Self:
        """What ``dump`` has written."""
        return cls(**json.loads(details))
