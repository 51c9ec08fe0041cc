"""Whose data a ticket holds: the addresses by which a person is found again.

A ticket is *of* an address that its sender gave as their own: the one to reply to, the registered one, and any other
among the answers that say who reports. It only *mentions* one that stands elsewhere: whom a mail was to reach, a text,
a returned mail, a follow-up. That may be anybody's, and the ticket is not theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from wizard.db.engine import reading
from wizard.db.models import Delivery, FollowUp, Ticket
from wizard.outbox.quotas import ACKNOWLEDGEMENT_RANK
from wizard.values.email import EMAIL_IN_TEXT, bare_address, canonical_mailbox
from wizard.values.receipt_code import read_receipt_code

BATCH = 200
"""Tickets that are read at a time."""

_NUMBER = re.compile(r"\D*([0-9]{1,18})\D*", re.ASCII)


@dataclass(frozen=True)
class Holdings:
    """What the database holds of an address."""

    own: tuple[int, ...]
    """Numbers of the tickets that are of it."""
    mentioned: tuple[int, ...]
    """Numbers of other tickets in whose answers or words it stands."""


def find_address(address: str) -> Holdings:
    """Find the tickets that hold an address in any of its spellings. Erased ones hold none."""
    mailbox = canonical_mailbox(address)
    domain = mailbox.rpartition("@")[2]
    own, mentioned = set(_acknowledged(mailbox)), set()
    for row in _tickets():
        # Most hold nothing like it; a domain in A-labels may stand there in letters of its own.
        if domain not in row.record.lower() and "xn--" not in domain:
            continue
        if mailbox in own_mailboxes(row.record):
            own.add(row.number)
        elif any(mailbox in mailboxes_in(text) for text in _texts(row.record)):
            mentioned.add(row.number)
    mentioned.update(row.ticket_number for row in _follow_ups() if mailbox in mailboxes_in(row.text))
    return Holdings(tuple(sorted(own)), tuple(sorted(mentioned - own)))


def tickets_of(is_meant: Callable[[str], bool], accepted_by: datetime) -> list[int]:
    """Numbers of the tickets of the canonical mailboxes of which a condition holds."""
    since = Ticket.created_at <= accepted_by
    return [row.number for row in _tickets(since) if any(map(is_meant, own_mailboxes(row.record)))]


def find_number(written: str) -> Row[Any] | None:
    """The ticket of a number, however it is written: ``100001``, ``[##100001##]``, or its receipt code."""
    if receipt := read_receipt_code(written):
        condition = Ticket.receipt == receipt
    elif match := _NUMBER.fullmatch(written.strip()):
        condition = Ticket.number == int(match[1])
    else:
        return None
    return next(iter(_rows(select(Ticket.__table__).where(condition))), None)


def own_mailboxes(record: str) -> set[str]:
    """The canonical mailboxes that a ticket's sender gave as their own, from its snapshot as JSON."""
    if "@" not in record:
        return set()
    members = _parsed(record)
    reporter = members.get("reporter") or {}
    given = [reporter.get("reply_to"), reporter.get("registered_email")]
    for answer in members.get("answers") or ():
        if answer.get("part") != "identity":
            continue
        values = [answer["value"]] if isinstance(answer["value"], str) else answer["value"]
        addresses = [part for value in values for part in re.split(r"[,;\s]+", value)]
        if all(map(bare_address, addresses)):
            given += addresses
    return {canonical_mailbox(address) for address in given if address}


def mailboxes_in(text: str) -> set[str]:
    """The canonical mailboxes that stand in a text."""
    if "@" not in text:
        return set()
    return {canonical_mailbox(match[0].rstrip(".")) for match in EMAIL_IN_TEXT.finditer(text)}


def _tickets(*conditions: Any) -> Iterator[Row[Any]]:
    last = 0
    unerased = select(Ticket.number, Ticket.record).where(Ticket.erased_at.is_(None), *conditions)
    while rows := _rows(unerased.where(Ticket.number > last).order_by(Ticket.number).limit(BATCH)):
        yield from rows
        last = rows[-1].number


def _follow_ups() -> Iterator[Row[Any]]:
    last = 0
    tickets = select(FollowUp.ticket_number).distinct().order_by(FollowUp.ticket_number).limit(BATCH)
    while rows := _rows(tickets.where(FollowUp.ticket_number > last)):
        numbers = [row.ticket_number for row in rows]
        yield from _rows(select(FollowUp.ticket_number, FollowUp.text).where(FollowUp.ticket_number.in_(numbers)))
        last = numbers[-1]


def _acknowledged(mailbox: str) -> list[int]:
    """Tickets whose acknowledgement goes to the mailbox."""
    is_to_client = Delivery.rank == ACKNOWLEDGEMENT_RANK
    rows = _rows(select(Delivery.ticket_number).where(Delivery.cap_address == mailbox, is_to_client))
    return [row.ticket_number for row in rows]


def _rows(statement: Any) -> Sequence[Row[Any]]:
    # Read to their end, and the transaction closed before the next batch: nobody who writes has to keep old pages.
    with reading() as connection:
        rows: Sequence[Row[Any]] = connection.execute(statement).all()
        return rows


def _texts(record: str) -> Iterator[str]:
    """Every text of a snapshot."""
    stack: list[Any] = [_parsed(record)] if "@" in record else []
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _parsed(record: str) -> dict[str, Any]:
    try:
        members = json.loads(record)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}
