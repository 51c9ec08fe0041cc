"""Mail that came back: what a server said of it, and what that means in plain words.

Pure functions over pasted text, linear in its length; a file of mail (``.eml``) is read by ``eml``. What is known of
the wording of servers is data, in ``wording.yaml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from wizard.triage.bounce.text import (
    LONGEST_ANSWER,
    address_after,
    address_at_line,
    addresses,
    header_blocks,
    is_announced,
    is_hinted,
    parse_mail_date,
    plain,
    server_answer,
    without_quote_marks,
    wording,
)

_REFUSED_LOGIN = re.compile(r"^5\.7\.[89] |\b53[0458]$")
"""What a server says to a program that fails to sign in (RFC 4954, section 6): no mail came back."""


@dataclass(frozen=True)
class Bounce:
    """A mail that came back. What the report does not say is an empty string, or None."""

    recipient: str = ""
    """The address that could not be reached; of several, the first."""
    sender: str = ""
    """Who sent the mail that came back."""
    sent_at: datetime | None = None
    """When it was sent, with its zone."""
    status: str = ""
    """The enhanced status code (RFC 3463), as ``5.1.1``; without one, the reply code (RFC 5321), as ``550``."""
    said: str = ""
    """The server's own words, in one line."""
    reason: str = "not_delivered"
    """A key of ``meanings`` in the data."""

    @property
    def is_temporary(self) -> bool:
        """Whether the server refused for now only (class 4)."""
        return self.status.startswith("4")


def explain_bounce(bounce: Bounce, language: str) -> str:
    """What happened, in a sentence or two of plain Russian or English; English for any other language."""
    entry = wording().meanings.get(bounce.reason) or wording().meanings["not_delivered"]
    sentence = entry.ru if language == "ru" else entry.en
    if not bounce.is_temporary:
        return sentence
    return f"{sentence}. {wording().temporary['ru' if language == 'ru' else 'en']}"


def reason_of(status: str, said: str) -> str:
    """The key of the meaning: by the code where it is exact, else by the words, else by what the code is about."""
    about = status.partition(".")[2]
    meanings = wording().meanings
    low = plain(said)
    for key, entry in meanings.items():
        if about and about in entry.codes:
            return key
    for key, entry in meanings.items():
        if any(words in low for words in entry.words):
            return key
    for key, entry in meanings.items():
        if about and about.partition(".")[0] in entry.subjects:
            return key
    return "refused" if status else "not_delivered"


def has_bounce_text(text: str) -> bool:
    """Whether a text quotes what a mail server said of a mail that it could not deliver.

    A client who only says that mail does not arrive quotes nothing; a bare "550" is no quotation either.
    """
    read = without_quote_marks(text)
    low = plain(read)
    announced = is_announced(low)
    status, said = server_answer(read, announced=announced)
    if not announced and _REFUSED_LOGIN.search(f"{status} {said[:3]}"):
        return False
    return announced or bool(status) or (is_hinted(low) and bool(addresses(read)) and _is_reported(read, low))


def parse_bounce(text: str) -> Bounce | None:
    """Parse a report of a mail server out of a pasted text; None when the text holds none."""
    if not has_bounce_text(text):
        return None
    read = without_quote_marks(text)
    low = plain(read)
    status, said = server_answer(read, announced=True)
    known = addresses(read)
    sender, to, sent_at = _original(read)
    sender = sender or address_after(low, wording().sender_after, known)
    recipient = (
        address_after(low, wording().recipient_after, known)
        or address_at_line(read, known)
        or next(iter(addresses(said).values()), "")
        or to
        or next((address for address in known.values() if address.lower() != sender.lower()), "")
    )
    sender = "" if sender.lower() == recipient.lower() else sender
    said = said or _words_at(read, recipient)
    return Bounce(recipient, sender, sent_at, status, said, reason_of(status, said or low))


def _original(text: str) -> tuple[str, str, datetime | None]:
    """Sender, recipient and time of the mail that came back, from headers pasted along."""
    sender = to = ""
    sent_at = None
    for block in header_blocks(text):
        by, for_ = (next(iter(addresses(block.get(name, "")).values()), "") for name in ("from", "to"))
        if by:
            return by, for_, parse_mail_date(block.get("date", "")) or sent_at
        # The report itself: it goes back to whoever sent the mail, minutes after the mail or days.
        sender = sender or for_
    return sender, to, sent_at


def _is_reported(text: str, low: str) -> bool:
    """Whether an address and a phrase that people use as well make a report: both stand as a server sets them."""
    known = addresses(text)
    return bool(address_after(low, wording().recipient_after, known) or address_at_line(text, known))


def _words_at(text: str, recipient: str) -> str:
    """What stands behind the recipient, where a server that gives no code says why."""
    at = text.find(f"<{recipient}>:") if recipient else -1
    behind = text[at + len(recipient) + 3 :] if at >= 0 else text.partition(f"  {recipient}\n")[2] if recipient else ""
    return " ".join(behind[:LONGEST_ANSWER].strip().partition("\n\n")[0].split())
