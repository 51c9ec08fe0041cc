"""The lanes of the outbox, and its states in words, as people and programs are shown them."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from wizard.db.models import Delivery
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.outbox.webhook_events import WEBHOOK_RANK

LANES = ("desk", "acknowledgements", "webhooks")

STATES = {"owed": "waiting", "sending": "sending", "sent": "sent", "dead": "dead"}
"""The word for each state of the table."""


def lane_of(rank: int) -> str:
    """The lane of a delivery's rank."""
    return LANES[(rank >= ACKNOWLEDGEMENT_RANK) + (rank >= WEBHOOK_RANK)]


def in_lane(lane: str) -> ColumnElement[bool]:
    """The deliveries of a lane."""
    if lane == "desk":
        return Delivery.rank < ACKNOWLEDGEMENT_RANK
    if lane == "webhooks":
        return Delivery.rank >= WEBHOOK_RANK
    return (Delivery.rank >= ACKNOWLEDGEMENT_RANK) & (Delivery.rank < WEBHOOK_RANK)
