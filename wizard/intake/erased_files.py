"""The files of erased tickets: their bytes go with the last ticket or upload that has them, then their rows."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from wizard.container import Container
from wizard.db.engine import reading, writing
from wizard.db.models import Ticket, TicketAttachment
from wizard.intake.ownership import known_keys, may_delete_files
from wizard.intake.upload_quota import lock_uploads

BATCH = 100
"""Files that are deleted in one transaction."""

_OF_ERASED = (
    select(TicketAttachment.id, TicketAttachment.storage_key)
    .join(Ticket, Ticket.number == TicketAttachment.ticket_number)
    .where(Ticket.erased_at.is_not(None))
    .order_by(TicketAttachment.id)
    .limit(BATCH)
)


def are_any_left() -> bool:
    """Whether an erased ticket still has files. Needs the app's context."""
    with reading() as connection:
        return connection.execute(_OF_ERASED.limit(1)).first() is not None


def delete_erased_files(container: Container) -> bool:
    """Delete the files of erased tickets, unless it would be a mistake. Whether none is left. Needs the app's context.

    While a backup copies them, or the sweep is held since a restore, they wait for the next sweep.
    """
    if not are_any_left():
        return True
    with container.sweep_lock.deleting() as is_free:
        if not is_free or not may_delete_files(container):
            return False
        delete_all_erased_files(container)
    return True


def delete_all_erased_files(container: Container) -> None:
    """The same, asking nobody: for a restore, whose files are all the backup's."""
    is_any_left = True
    while is_any_left:
        with writing() as connection:
            # Whoever stores the same bytes makes the file young first, and looks for it again once it has this lock.
            lock_uploads(connection)
            is_any_left = _delete_batch(connection, container)


def _delete_batch(connection: Connection, container: Container) -> bool:
    rows = connection.execute(_OF_ERASED).all()
    connection.execute(delete(TicketAttachment).where(TicketAttachment.id.in_([row.id for row in rows])))
    keys = sorted({row.storage_key for row in rows})
    used = known_keys(connection, keys) if keys else set()
    # Before the commit: a crash leaves rows without a file, of which the next sweep clears, and no file without a row.
    for key in keys:
        if key not in used:
            container.store.delete(key)
    return len(rows) == BATCH
