"""Releasing what a restore, or a database that lost its end, holds back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from wizard.db.engine import reading, writing
from wizard.db.models import UNSENT, Delivery, Installation

_UNSENT = Delivery.state.in_(UNSENT)
_BY_KIND = (Delivery.rank, Delivery.kind, Delivery.ticket_number)


@dataclass(frozen=True)
class Held:
    """What is held back, and what follows from its release."""

    outbox: bool
    sweep: bool
    uncertain: Mapping[str, Sequence[int]]
    """What was unsent in the restored backup and may have gone out since, by kind: the numbers of the tickets."""
    waiting: int
    """Deliveries that came after the restore and only wait."""


def read_held() -> Held:
    """What is held back now."""
    with reading() as connection:
        installation = connection.execute(select(Installation.__table__)).one()
        up_to = installation.restored_up_to or 0
        uncertain: dict[str, list[int]] = {}
        restored = select(Delivery.kind, Delivery.ticket_number).where(_UNSENT, Delivery.id <= up_to)
        for kind, number in connection.execute(restored.order_by(*_BY_KIND)):
            uncertain.setdefault(kind, []).append(number)
        came_since = select(func.count()).select_from(Delivery).where(_UNSENT, Delivery.id > up_to)
        waiting = connection.execute(came_since).scalar_one()
    return Held(installation.outbox_held, installation.sweep_held, uncertain, waiting)


def release() -> None:
    """Let deliveries go out and old files be deleted again."""
    with writing() as connection:
        connection.execute(update(Installation).values(outbox_held=False, sweep_held=False, restored_up_to=None))
