"""The letters of the local mailbox: they are deleted with the ticket that they are about, or that they mention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

from sqlalchemy import ColumnElement, or_, select

from wizard.container import Container
from wizard.db.engine import reading
from wizard.db.models import Ticket
from wizard.intake.personal_data import mailboxes_in
from wizard.mail.thread import thread_name, tickets_in
from wizard.mailbox import maildir
from wizard.mailbox.letter import Letter
from wizard.mailbox.maildir import Entry
from wizard.tickets.thread_code import thread_code
from wizard.values.email import canonical_mailbox
from wizard.values.receipt_code import SIGNS, receipt_code

HEADERS = 16_384
"""Bytes in which a letter's headers stand."""

BATCH = 200
"""Letters whose tickets are looked up at a time."""

_READ = BytesHeaderParser(policy=compat32)

Named = tuple[str, str]
"""A ticket as letters name it: number or receipt code's signs, and its thread code, empty in a former version's."""


class LocalLetters:
    """The letters that lie in the instance folder; none where there is no local mailbox."""

    def __init__(self, container: Container) -> None:
        self._folder = container.settings.instance_path / "mailbox"

    def delete_of_erased_tickets(self) -> int:
        """Delete the letters of tickets that were erased. Returns how many. Needs the app's context."""
        entries, deleted = maildir.entries(self._folder), 0
        for start in range(0, len(entries), BATCH):
            tickets = {entry: _tickets_of(entry) for entry in entries[start : start + BATCH]}
            erased = _known(set().union(*tickets.values()), Ticket.erased_at.is_not(None))
            deleted += sum(_delete(entry) for entry, named in tickets.items() if named & erased)
        return deleted

    def delete_to_and_from(self, address: str) -> int:
        """Delete the letters to and from an address that are about no ticket that is still here. Returns how many.

        Needs the app's context.
        """
        mailbox = canonical_mailbox(address)
        entries = [entry for entry in maildir.entries(self._folder) if mailbox in _correspondents(entry)]
        tickets = {entry: _tickets_of(entry) for entry in entries}
        here: set[Named] = set()
        for start in range(0, len(entries), BATCH):
            named = set().union(*map(tickets.__getitem__, entries[start : start + BATCH]))
            here |= _known(named, Ticket.erased_at.is_(None))
        return sum(_delete(entry) for entry in entries if not tickets[entry] & here)

    def delete_mentioning(self, address: str) -> int:
        """Delete the letters in which an address stands, in whatever part. Returns how many."""
        mailbox = canonical_mailbox(address)
        entries = maildir.entries(self._folder)
        return sum(_delete(entry) for entry in entries if mailbox in _mailboxes_of(Letter(entry.read())))

    def delete_older_than(self, moment: datetime) -> int:
        """Delete the letters that came before a moment: those of tickets that nobody knows, and digests."""
        return sum(_delete(entry) for entry in maildir.entries(self._folder) if _arrival(entry) < moment)


def _tickets_of(entry: Entry) -> set[Named]:
    """The tickets that a letter is about: one, or those that a digest or a burst letter lists."""
    headers = _READ.parsebytes(entry.read(HEADERS))
    for name in ("X-Held-Tickets", "X-Burst-Tickets", "Message-ID", "In-Reply-To", "References"):
        if named := set(tickets_in(_plain(headers, name))):
            return named
    number = _plain(headers, "X-Ticket-Number")
    return {(number, "")} if number.isdecimal() else set()


def _correspondents(entry: Entry) -> set[str]:
    """The canonical mailboxes to and from which a letter goes."""
    headers = dict(Letter(entry.read(HEADERS)).headers)
    return mailboxes_in("\n".join(headers.get(name, "") for name in ("From", "To", "Cc", "Reply-To")))


def _plain(headers: Message, name: str) -> str:
    return str(headers.get(name, "")).strip()


def _known(named: set[Named], which: ColumnElement[bool]) -> set[Named]:
    """Those of some named tickets that are here, of those for which a condition holds."""
    names = {name for name, _ in named}
    numbers = [int(name) for name in names if name.isdecimal()]
    receipts = [receipt_code(name) for name in names if len(name) == SIGNS]
    is_named = or_(Ticket.number.in_(numbers), Ticket.receipt.in_(receipts))
    with reading() as connection:
        rows = connection.execute(select(Ticket.number, Ticket.receipt, Ticket.token).where(is_named, which)).all()
    known = {(thread_name(row.number, row.receipt), thread_code(row.token)) for row in rows}
    # Without a code the name decides: a mailbox may be older than the database, and hold letters of its former tickets.
    return known | {(name, "") for name, _ in known}


def _mailboxes_of(letter: Letter) -> set[str]:
    texts: Sequence[str] = [value for _, value in letter.headers]
    return {mailbox for text in [*texts, *_parts(letter)] for mailbox in mailboxes_in(text)}


def _parts(letter: Letter) -> Iterator[str]:
    for leaf in letter.leaves:
        yield leaf.name
        if leaf.type.startswith("text/") or leaf.type in ("application/json", "message/rfc822"):
            yield leaf.text


def _arrival(entry: Entry) -> datetime:
    try:
        return datetime.fromtimestamp(entry.path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


def _delete(entry: Entry) -> bool:
    try:
        entry.path.unlink()
    except FileNotFoundError:
        return False
    return True
