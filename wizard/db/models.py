"""The tables, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from wizard.db.engine import db

FIRST_NUMBER = 100_001

STATES = ("open", "taken", "closed")
"""How agents mark a ticket."""

UNSENT = ("owed", "sending")
"""States of a delivery that is still to be sent."""

BigId = BigInteger().with_variant(Integer(), "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; SQLite has no zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ticket(db.Model):  # type: ignore[name-defined,misc]
    """An accepted report. What its letters say is in ``record``, its snapshot."""

    __tablename__ = "tickets"
    # AUTOINCREMENT: a number is never given twice, not even after a row was deleted (threats R05).
    __table_args__ = (
        Index("ix_tickets_queue", "state", "queue_rank", "number"),
        Index("ix_tickets_words", "erased_at", "created_at"),
        Index("ix_tickets_evidence", "evidence_erased_at", "created_at"),
        # What similar reports are counted by is all in it: the snapshots, thousands of bytes each, are not read.
        Index("ix_tickets_similar", "inbox", "situation", "created_at", "similar_key"),
        Index("ix_tickets_client", "client_key", "created_at"),
        Index(
            "ix_tickets_unread",
            *("state", "unread_follow_up", "queue_rank", "number"),
            sqlite_where=text("unread_follow_up IS NOT NULL"),
            postgresql_where=text("unread_follow_up IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(BigId, Identity(start=FIRST_NUMBER), primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    receipt: Mapped[str | None] = mapped_column(String(16), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    site: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(2))
    category: Mapped[str] = mapped_column(String(40))
    situation: Mapped[str] = mapped_column(String(40))
    fast_track: Mapped[bool] = mapped_column(Boolean)
    priority: Mapped[str] = mapped_column(String(8))
    inbox: Mapped[str] = mapped_column(String(254))
    """The desk's address that this ticket belongs to."""
    record: Mapped[str] = mapped_column(Text)
    """JSON of ``tickets.snapshot.TicketSnapshot``."""
    queue_rank: Mapped[int] = mapped_column(Integer, server_default="2")
    """The order of the queue, before arrival (``verdict.queue_rank``)."""
    state: Mapped[str] = mapped_column(String(8), default="open", server_default="open")
    """``open``, ``taken`` or ``closed``, as agents mark it."""
    state_by: Mapped[str | None] = mapped_column(String(40))
    """The agent who marked it last; None, with a time, where its client has reopened it by a follow-up."""
    state_at: Mapped[datetime | None] = mapped_column(UtcTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When its words, files and addresses were erased; number, category, times and counts remain."""
    evidence_erased_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the IP address and the User-Agent were erased from its snapshot."""
    similar_key: Mapped[str | None] = mapped_column(String(32))
    """Keyed digest of the site, supplier or domain that it is about; None where none was asked, and once erased."""
    client_key: Mapped[str | None] = mapped_column(String(32))
    """Keyed digest of who its sender says to be; None where nobody is named, and once erased."""
    desk_reference: Mapped[str | None] = mapped_column(String(80))
    """The number that the help desk itself has given it, as an agent or the desk's program told."""
    unread_follow_up: Mapped[str | None] = mapped_column(String(12))
    """``verified`` or ``unverified``: a follow-up came since an agent last marked the ticket."""


class Submission(db.Model):  # type: ignore[name-defined,misc]
    """Idempotency of an accepted report: its single-use key and the digest of its content.

    A follow-up has a row only where its sender sent a key.
    """

    __tablename__ = "submissions"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    ticket_number: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.number", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    request: Mapped[str | None] = mapped_column(String(64))
    """Digest of the request that came with the key; None where the key stands for the content."""
    saved_response: Mapped[str | None] = mapped_column("told", Text, key="saved_response")
    """JSON of the response, less number and token, for retries; of a follow-up its position. The column is ``told``."""


class PendingUpload(db.Model):  # type: ignore[name-defined,misc]
    """A checked file that belongs to no ticket yet."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Random: senders of the same bytes have a row each."""
    name: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(64), index=True)
    """Keyed digest of the network it came from, for the daily allowance; not the address itself."""
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    storage_key: Mapped[str | None] = mapped_column(String(32), index=True)
    """Its key in the storage; None in rows of former versions, whose ``id`` it is."""


class UploadUsage(db.Model):  # type: ignore[name-defined,misc]
    """How much came from a network in an hour, so that nobody has to add up rows while others wait to write."""

    __tablename__ = "upload_usage"

    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    """As in ``uploads``; empty in the one row that counts all pending uploads."""
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    """The beginning of the hour; the epoch in the row of all pending uploads."""
    files: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(BigInteger)


class TicketAttachment(db.Model):  # type: ignore[name-defined,misc]
    """A file of a ticket or of a follow-up. Several rows may share one file of the storage."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    ticket_number: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.number", ondelete="CASCADE"), index=True)
    follow_up: Mapped[int] = mapped_column(Integer, default=0)
    """Which follow-up it came with; 0 is the report itself."""
    storage_key: Mapped[str] = mapped_column(String(32), index=True)
    name: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    question: Mapped[str] = mapped_column(String(40))


class FollowUp(db.Model):  # type: ignore[name-defined,misc]
    """A further message to an existing ticket."""

    __tablename__ = "follow_ups"

    ticket_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """1 for the first one."""
    text: Mapped[str] = mapped_column(Text)
    verified: Mapped[bool] = mapped_column(Boolean)
    """Whether it came through the ticket's own page; otherwise the sender gave number and address."""
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Delivery(db.Model):  # type: ignore[name-defined,misc]
    """One delivery to one recipient, a letter or a call of a webhook, and its state."""

    __tablename__ = "outbox"
    __table_args__ = (
        # The same letter is never enqueued twice, whoever asks for it.
        UniqueConstraint("ticket_number", "kind", "follow_up", "recipient", "occasion", name="uq_outbox_letter"),
        Index("ix_outbox_due", "state", "rank", "due_at"),
        Index("ix_outbox_cap_address", "cap_address", "created_at"),
        Index("ix_outbox_cap_domain", "cap_domain", "created_at"),
        Index("ix_outbox_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    ticket_number: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.number", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """``desk``, ``follow_up``, ``acknowledgement``, ``digest``, ``burst``; of a webhook its event
    (``config.webhook.EVENTS``)."""
    follow_up: Mapped[int] = mapped_column(Integer, default=0)
    recipient: Mapped[str] = mapped_column(String(320))
    """An address; of a webhook the key of its site."""
    occasion: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """Distinguishes events of one kind and one ticket; empty where kind and follow-up do."""
    details: Mapped[str | None] = mapped_column(Text)
    """JSON: what an event says beyond its ticket's snapshot and its follow-up; of a desk letter what was counted when
    it was first claimed (``tickets.similar``), of a digest or a burst letter what it lists."""
    cap_address: Mapped[str | None] = mapped_column(String(320))
    """Of an acknowledgement: the mailbox whose quota it counts for (``values.email.canonical_mailbox``)."""
    cap_domain: Mapped[str | None] = mapped_column(String(255))
    rank: Mapped[int] = mapped_column(Integer)
    """Letters to the desk (-1 on fast track, 0) go before acknowledgements (1); webhooks (2) go beside them."""
    state: Mapped[str] = mapped_column(String(8), default="owed")
    """``owed`` (due now or later), ``sending`` (under a lease), ``sent``, ``dead`` (a dead letter), or ``held`` until a
    person releases it."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Tries begun, counted before they are made."""
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    with_files: Mapped[bool] = mapped_column(Boolean, default=True)
    """False once the mail server found the letter too large: it then carries links."""
    last_error: Mapped[str | None] = mapped_column(String(500))
    held_for: Mapped[str | None] = mapped_column(String(120))
    """Why it is held, or was: reasons of ``limits``, separated by commas."""
    digested_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the hourly digest told the desk that it is held."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    is_suspect: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """A worker died while it held this one: it is claimed alone until it has an outcome."""
    crashes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Workers that died, one after another, holding nothing but this delivery."""
    waits_for: Mapped[str | None] = mapped_column(String(255))
    """The mail server that was away when it was tried, as ``host:port``: one success there wakes it."""


class BudgetUsage(db.Model):  # type: ignore[name-defined,misc]
    """How much of a budget was used in an hour."""

    __tablename__ = "budget_usage"

    scope: Mapped[str] = mapped_column(String(24), primary_key=True)
    """What is counted: tickets, follow-ups …"""
    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Keyed digest of whom or what it counts for: a network, a site, a ticket's number, a text.

    ``all-0`` to ``all-7`` in the rows that count all together."""
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    """The beginning of the hour."""
    used: Mapped[int] = mapped_column(Integer)


class UsedChallenge(db.Model):  # type: ignore[name-defined,misc]
    """A proof of work that has been accepted: it is good for one sending."""

    __tablename__ = "used_challenges"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    """When the challenge itself would be refused."""


class Worker(db.Model):  # type: ignore[name-defined,misc]
    """A worker that lives, or lived until its heartbeat ended."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Every lease token of this worker begins with it."""
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    beat_at: Mapped[datetime] = mapped_column(UtcTime)
    """The last heartbeat."""


class Installation(db.Model):  # type: ignore[name-defined,misc]
    """The one row that says which database this is, and what is held back since a restore."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """Always 1."""
    uuid: Mapped[str] = mapped_column(String(32))
    """Given once, when the tables were made; the folder of files has it too."""
    outbox_held: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Nothing is sent until a person says so (``flask outbox release``)."""
    sweep_held: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """No file is deleted until a person says so."""
    restored_up_to: Mapped[int | None] = mapped_column(BigInteger)
    """The last delivery of the backup that was restored: what was unsent in it may have gone out elsewhere. None once a
    person has released it."""
    probed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """The last write of a readiness check."""
    key_digest: Mapped[str | None] = mapped_column(String(64))
    """Digest of the secret key that all processes of this database share (``intake.secret_key``)."""
    tombstones_applied: Mapped[str | None] = mapped_column(String(60))
    """Up to where this database has followed the file of tombstones (``files.tombstones``): length and digest."""
