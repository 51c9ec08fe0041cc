"""The letters of the local mailbox: they are deleted with the ticket that they are about, or that they mention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

from sqlalchemy import or_, select

from wizard.container import Container
from wizard.db.engine import reading
from wizard.db.models import Ticket
from wizard.intake.personal_data import mailboxes_in
from wizard.mailbox import maildir
from wizard.mailbox.letter import Letter
from wizard.mailbox.maildir import Entry
from wizard.tickets.thread_code import thread_code
from wizard.values.email import canonical_mailbox

HEADERS = 16_384
"""Bytes in which a letter's headers stand."""

BATCH = 200
"""Letters whose tickets are looked up at a time."""

# "<ticket-100001.K7Q2M9XH4D@…>", "<follow-up-100001.…>", "<report-7k3m9q.…>"; former versions wrote no code.
_OF_TICKET = re.compile(r"<[a-z-]+-([0-9]{1,18}|[0-9a-z]{6})(?:\.([0-9A-Z]{10}))?[^@\s]*@")

_READ = BytesHeaderParser(policy=compat32)


class LocalLetters:
    """The letters that lie in the instance folder; none where there is no local mailbox."""

    def __init__(self, container: Container) -> None:
        self._folder = container.settings.instance_path / "mailbox"

    def delete_of_erased_tickets(self) -> int:
        """Delete the letters of tickets that were erased. Returns how many. Needs the app's context."""
        entries, deleted = maildir.entries(self._folder), 0
        for start in range(0, len(entries), BATCH):
            tickets = {entry: _ticket_of(entry) for entry in entries[start : start + BATCH]}
            erased = _erased({name for name, _ in filter(None, tickets.values())})
            for entry, ticket in tickets.items():
                # Without a code the number decides; a mailbox may be older than the database.
                if ticket and ticket[0] in erased and ticket[1] in ("", erased[ticket[0]]):
                    deleted += _delete(entry)
        return deleted

    def delete_mentioning(self, address: str) -> int:
        """Delete the letters in which an address stands, in whatever part. Returns how many."""
        mailbox = canonical_mailbox(address)
        entries = maildir.entries(self._folder)
        return sum(_delete(entry) for entry in entries if mailbox in _mailboxes_of(Letter(entry.read())))

    def delete_older_than(self, moment: datetime) -> int:
        """Delete the letters that came before a moment: those of tickets that nobody knows, and digests."""
        return sum(_delete(entry) for entry in maildir.entries(self._folder) if _arrival(entry) < moment)


def _ticket_of(entry: Entry) -> tuple[str, str] | None:
    """Number or receipt's code of the ticket that a letter is about, and its thread code."""
    headers = _READ.parsebytes(entry.read(HEADERS))
    for name in ("Message-ID", "In-Reply-To", "References"):
        if match := _OF_TICKET.search(str(headers.get(name, ""))):
            return match[1], match[2] or ""
    number = _plain(headers, "X-Ticket-Number")
    return (number, "") if number.isdecimal() else None


def _plain(headers: Message, name: str) -> str:
    return str(headers.get(name, "")).strip()


def _erased(names: set[str]) -> dict[str, str]:
    """Those of some tickets that were erased: the thread code by number or by receipt's code."""
    numbers = [int(name) for name in names if name.isdecimal()]
    receipts = [f"ОБР-{name[:4]}-{name[4:]}".upper() for name in names if len(name) == 6]
    if not names:
        return {}
    tickets = select(Ticket.number, Ticket.receipt, Ticket.token).where(
        Ticket.erased_at.is_not(None), or_(Ticket.number.in_(numbers), Ticket.receipt.in_(receipts))
    )
    with reading() as connection:
        rows = connection.execute(tickets).all()
    return {_name(row.number, row.receipt): thread_code(row.token) for row in rows}


def _name(number: int, receipt: str | None) -> str:
    """As it stands in a Message-ID (``mail.thread``)."""
    return receipt.partition("-")[2].replace("-", "").lower() if receipt else str(number)


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
