"""What a worker holds while it works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Claim:
    """A delivery that one worker holds until its lease ends."""

    id: int
    token: str
    until: datetime
    ticket_number: int
    kind: str
    follow_up: int
    recipient: str
    occasion: str
    details: str | None
    attempts: int
    with_files: bool
    created_at: datetime
