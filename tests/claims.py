"""Claims as a worker makes them, each by a worker of its own."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from wizard.outbox.claim import Claim
from wizard.outbox.leases import Leases


def claim_due(now: datetime, limit: int) -> list[Claim]:
    """Letters that are due, under the lease that the app's settings say."""
    return new_worker().claim_letters(now, limit)


def claim_due_webhook(now: datetime) -> list[Claim]:
    """A webhook that is due."""
    return new_worker().claim_webhook(now)


def new_worker() -> Leases:
    """What another worker process claims with."""
    return Leases(current_app.extensions["zayavka"].settings)
