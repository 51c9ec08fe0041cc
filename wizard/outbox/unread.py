"""Follow-ups that nobody has read mark their ticket until an agent does; a client's own reopens a closed one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, case, update

from wizard.db.models import Ticket

VERIFIED, UNVERIFIED = "verified", "unverified"

_TICKET = update(Ticket.__table__).where(Ticket.number == bindparam("of_ticket"))
_IS_CLOSED = Ticket.state == "closed"
# Nobody has marked it open: that is how a ticket tells that its client has (docs/api.md).
_OF_CLIENT = _TICKET.values(
    unread_follow_up=VERIFIED,
    state=case((_IS_CLOSED, "open"), else_=Ticket.state),
    state_by=case((_IS_CLOSED, None), else_=Ticket.state_by),
    state_at=case((_IS_CLOSED, bindparam("at")), else_=Ticket.state_at),
)
# It may be anybody's who knows number and address (threats E08): it opens nothing, nor hides what the client wrote.
_OF_ANYBODY = _TICKET.where(Ticket.unread_follow_up.is_(None)).values(unread_follow_up=UNVERIFIED)


def mark_unread(connection: Connection, number: int, *, verified: bool, now: datetime) -> None:
    """Mark a ticket of which the desk gets a follow-up. Part of the caller's transaction.

    Of those that are held nobody is told, so they mark nothing until they are released.
    """
    if verified:
        connection.execute(_OF_CLIENT, {"of_ticket": number, "at": now})
    else:
        connection.execute(_OF_ANYBODY, {"of_ticket": number})
