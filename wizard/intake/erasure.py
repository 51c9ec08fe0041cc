"""Erasing tickets: their words, addresses and deliveries, for good, whatever older copy of the database comes back.

There is one way: tombstones are written, then the database follows them. A crash in between leaves tombstones that it
has not followed, and so does a restore; whoever comes next (another erasure, the hourly sweep, a start) goes on there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, select, update

from wizard.container import Container
from wizard.db.engine import advisory_lock, reading, writing
from wizard.db.models import Delivery, FollowUp, Submission, Ticket, TicketAttachment
from wizard.db.models import Installation as InstallationRow
from wizard.files.tombstones import AddressTombstone, OpenTombstones, TicketTombstone, Tombstone
from wizard.intake import personal_data
from wizard.outbox.held import delete_unsent
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.tickets.erased import erase_words
from wizard.tickets.snapshot import ErasedCounts
from wizard.tickets.thread_code import thread_code
from wizard.values.email import canonical_mailbox

BATCH = 50
"""Tickets that are erased in one transaction: whoever accepts a report in between waits for no more."""


@dataclass
class Erased:
    """What was erased, in counts."""

    numbers: list[int] = field(default_factory=list)
    follow_ups: int = 0
    files: int = 0
    deliveries: int = 0
    """Deliveries that were cancelled, and those that were sent and now name nobody."""

    def add(self, other: Erased) -> None:
        """Add what another step erased."""
        self.numbers += other.numbers
        self.follow_ups += other.follow_ups
        self.files += other.files
        self.deliveries += other.deliveries


def tombstone_of(ticket: Any, at: datetime) -> TicketTombstone:
    """The tombstone of a ticket, from its row or its number and token."""
    return TicketTombstone(ticket.number, thread_code(ticket.token), at)


def erase(container: Container, tickets: Iterable[Any], at: datetime, address: str | None = None) -> Erased:
    """Erase tickets; with an address all that are of it, here and in every backup that is restored.

    Their files go in ``erased_files``. Needs the app's context.

    Raises:
        OSError: the tombstones could not be written: nothing was erased.
    """
    with container.tombstones.opened() as file:
        tombstones: list[Tombstone] = [tombstone_of(ticket, at) for ticket in tickets]
        if address:
            tombstones.append(AddressTombstone.of(canonical_mailbox(address), file.address_key(), at))
        file.add(tombstones)
        return _follow(file)


def follow_tombstones(container: Container) -> Erased:
    """Erase what tombstones say and this database does not know of yet. Needs the app's context."""
    with reading() as connection:
        is_anything_known = _place(connection) is not None
    if not is_anything_known and not container.tombstones.path.exists():
        return Erased()
    with container.tombstones.opened() as file:
        return _follow(file)


def has_lost_tombstones(container: Container) -> bool:
    """Whether this database has followed tombstones of which the file has nothing any more. Needs the app's context."""
    with reading() as connection:
        is_any_known = _place(connection) is not None
    return is_any_known and not container.tombstones.read()


def _place(connection: Connection) -> str | None:
    return connection.execute(select(InstallationRow.tombstones_applied)).scalar()


def _follow(file: OpenTombstones) -> Erased:
    erased = Erased()
    with reading() as connection:
        place = _place(connection)
    for tombstones, end in file.after(place, BATCH):
        tickets = {tombstone.number: tombstone for tombstone in tombstones if isinstance(tombstone, TicketTombstone)}
        for tombstone in tombstones:
            if isinstance(tombstone, AddressTombstone):
                _erase_address(tombstone, erased)
        with writing() as connection:
            rows = [row for row in _locked(connection, sorted(tickets)) if _is_meant(row, tickets[row.number])]
            for row in rows:
                _erase_ticket(connection, row, tickets[row.number].at, erased)
            connection.execute(update(InstallationRow).values(tombstones_applied=end))
    return erased


def _erase_address(tombstone: AddressTombstone, erased: Erased) -> None:
    numbers = personal_data.tickets_of(tombstone.is_of, tombstone.at)
    for start in range(0, len(numbers), BATCH):
        with writing() as connection:
            for row in _locked(connection, numbers[start : start + BATCH]):
                _erase_ticket(connection, row, tombstone.at, erased)


def _is_meant(row: Row[Any], tombstone: TicketTombstone) -> bool:
    return thread_code(row.token) == tombstone.code


def _locked(connection: Connection, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    """Those of the tickets that are not erased yet. Nobody adds messages to them until the end of the transaction."""
    for number in numbers:
        advisory_lock(connection, f"follow-up {number}")
    tickets = select(Ticket.__table__).where(Ticket.number.in_(numbers), Ticket.erased_at.is_(None))
    # FOR NO KEY UPDATE: a worker that holds a delivery and adds one for its ticket goes on, and both come to an end.
    return connection.execute(tickets.order_by(Ticket.number).with_for_update(key_share=True)).all()


def _erase_ticket(connection: Connection, row: Row[Any], at: datetime, erased: Erased) -> None:
    follow_ups = connection.execute(delete(FollowUp).where(FollowUp.ticket_number == row.number)).rowcount
    # The rows of files lead to their bytes, and go with them.
    files = connection.execute(_nameless_files(row.number)).rowcount
    connection.execute(delete(Submission).where(Submission.ticket_number == row.number))
    erased.deliveries += _erase_deliveries(connection, row.number)
    record = erase_words(row, ErasedCounts(files=files, follow_ups=follow_ups))
    values = {
        "record": record,
        "similar_key": None,
        "client_key": None,
        "erased_at": at,
        "evidence_erased_at": row.evidence_erased_at or at,
    }
    connection.execute(update(Ticket.__table__).where(Ticket.number == row.number).values(values))
    erased.numbers.append(row.number)
    erased.follow_ups += follow_ups
    erased.files += files


def _nameless_files(number: int) -> Any:
    """The statement that takes their names from a ticket's files."""
    return update(TicketAttachment).where(TicketAttachment.ticket_number == number).values(name="", question="")


def _erase_deliveries(connection: Connection, number: int) -> int:
    """Cancel what was not sent; what was sent stays to be counted until its own time is over, and names nobody."""
    cancelled = delete_unsent(connection, Delivery.ticket_number == number)
    is_to_client = Delivery.rank == ACKNOWLEDGEMENT_RANK
    sent = update(Delivery).where(Delivery.ticket_number == number)
    sent = sent.values(
        recipient=case((is_to_client, ""), else_=Delivery.recipient),
        cap_address=None,
        cap_domain=None,
        details=None,
        last_error=None,
    )
    return cancelled + connection.execute(sent).rowcount


def count_of(numbers: Sequence[int]) -> tuple[int, int]:
    """How many files and follow-ups some tickets have."""
    with reading() as connection:
        return (
            _count(connection, select(func.count()).where(TicketAttachment.ticket_number.in_(numbers))),
            _count(connection, select(func.count()).where(FollowUp.ticket_number.in_(numbers))),
        )


def _count(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement).scalar_one())
