"""Numbers that are never given twice, not even by a database that lost its end (threats L08)."""

from __future__ import annotations

import logging

from sqlalchemy import update

from wizard.config.logs import place_of
from wizard.container import Container
from wizard.db.engine import db, reading, writing
from wizard.db.models import Installation
from wizard.db.numbers import count_on_from, highest_number
from wizard.files.number_mark import SYNC_EVERY

log = logging.getLogger(__name__)

MARGIN = 10 * SYNC_EVERY
"""How far beyond the mark to count on: the mark itself may lag behind by a block and what was in flight."""


def mark_number(container: Container, number: int) -> None:
    """Raise the mark to a number that was given. No ticket is refused for it: what goes wrong is logged."""
    try:
        container.number_mark.raise_to(number)
    except OSError as fault:
        log.error("ticket %s: the mark of the last number cannot be written: %s", number, place_of(fault))


def check_numbers(container: Container) -> str | None:
    """At the start, with the tables migrated: see that the database still knows the last number that was given.

    Where it does not, it lost tickets: numbers then go on beyond the mark, and no file is deleted until a person says
    so (``flask outbox release``): the files of lost tickets are all that is left of them. Leaves no connection open.

    Returns:
        What to tell the operator, in one line; None when all is well.
    """
    # The mark first: it follows the database, so that a ticket accepted meanwhile cannot make it look ahead.
    mark = container.number_mark.read()
    with reading() as connection:
        highest = highest_number(connection)
    if highest < mark:
        with writing() as connection:
            count_on_from(connection, mark + MARGIN)
            connection.execute(update(Installation).values(sweep_held=True))
    db.engine.dispose()
    if highest < mark:
        return (
            f"The database lost its end or is an older copy: number {mark} was given, it knows none above {highest}. "
            f"Numbers go on from {mark + MARGIN + 1}; no file is deleted until: flask --app app outbox release"
        )
    mark_number(container, highest)
    return None
