"""What letters about many tickets have in common: none threads with a ticket, and each names the ids of its tickets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from wizard.config.desk import Desk
from wizard.mail.message import Letter
from wizard.mail.sanitize import in_a_header
from wizard.mail.thread import date_header, own_mailbox


def letter_of_many(
    desk: Desk, kind: str, code: str, *, at: datetime, title: str, keys: Iterable[str], text: str, html: str
) -> Letter:
    """A letter to the desk that threads with no ticket.

    Args:
        desk: whom it goes to.
        kind: how its Message-ID, and the header that names its tickets, begin.
        code: makes the Message-ID its own.
        at: when it was made; a retry has the same ``Date``.
        title: the subject.
        keys: how Message-IDs name its tickets (``thread.ticket_key``): by them it is found when one is erased.
        text: the plain body.
        html: the other one.
    """
    ids = " ".join(dict.fromkeys(f"<{kind}-{key}@{desk.mail_domain}>" for key in keys))
    return Letter(
        headers=(
            date_header(at),
            ("From", own_mailbox(desk.sender, desk.name)),
            ("To", own_mailbox(desk.inbox)),
            ("Subject", in_a_header(title)),
            ("Message-ID", f"<{kind}-{code}@{desk.mail_domain}>"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            *(((f"X-{kind.capitalize()}-Tickets", ids),) if ids else ()),
        ),
        text=text,
        html=html,
        attachments=(),
        envelope_from=desk.sender,
        recipient=own_mailbox(desk.inbox).address,
    )
