"""A ticket's snapshot: all that its letters say, taken when it is accepted, and how it is loaded from the row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import Field, TypeAdapter

from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Attachment, GivenConsent, Value
from wizard.values.precision import Precision


@dataclass(frozen=True)
class Reporter:
    """Who reports, as mail programs show it in lists: without secrets, even where one was sent as typed."""

    registered_name: str | None = None
    registered_email: str | None = None
    reply_to: str | None = None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class AnswerSnapshot:
    """One answer as the letter shows it, in the desk's language."""

    id: str
    label: str
    value: Value
    text: str
    """The value as a person reads it (an option's label, a date in words)."""
    part: str = "answer"
    """``answer``, ``error``, ``words`` or ``identity`` (the catalog's ``part``)."""
    precision: Precision | None = None
    """How exact a moment is; None for any other answer, and in a ticket of a former version."""
    masked: str = ""
    """The text without the secret that its sender wanted sent as typed; empty where there is none."""

    @property
    def in_lists(self) -> str:
        """The text where it stands among other tickets."""
        return self.masked or self.text


@dataclass(frozen=True)
class ErasedCounts:
    """How much an erased ticket had."""

    files: int
    """Of the report and its follow-ups."""
    follow_ups: int


@dataclass(frozen=True)
class TicketSnapshot:
    """Everything that the letters of a ticket say, as of its acceptance.

    Letters are composed from this alone: a later change of the catalog, or a retry a day later, yields the same bytes.
    Labels are in the desk's language, those named ``client_…`` in the client's.
    """

    catalog_id: str
    catalog_version: int
    number: int | None
    """None under ``NUMBERING=desk``: the help desk numbers the ticket itself."""
    tag: str | None
    """``[##123456##]``; None under ``NUMBERING=desk``."""
    receipt: str | None
    """``ОБР-7K3M-9Q`` under ``NUMBERING=desk``, else None."""
    base_url: Annotated[str, Field(alias="token_url")]
    """Where clients reached the form. The ticket's token is nowhere in here: what it opens is the client's alone, and a
    letter to the desk is quoted and passed on. Stored under the name that former versions gave it."""
    created_at: datetime
    site: str
    language: str
    category: str
    category_label: str
    situation: str
    situation_label: str
    subject: str
    """The situation in a few words (desk's language): ``Проценка пуста у всех поставщиков``."""
    client_label: str
    """Category and situation in the client's language: catalog's own words."""
    fast_track: bool
    fast_track_rule: str | None
    reason: str
    client_reason: str
    priority: str
    reporter: Reporter
    brief: str
    """One line in short."""
    answers: tuple[AnswerSnapshot, ...]
    not_given: tuple[str, ...]
    """Labels of the questions that were shown and left blank."""
    evidence: Evidence
    attachments: tuple[Attachment, ...] = ()
    advice: tuple[str, ...] = field(default=())
    thread_code: str = ""
    """Stands in the Message-ID of every letter (``tickets.thread_code``). Empty in a ticket of a former version, whose
    letters keep the Message-IDs that were made of the number alone."""
    erased: ErasedCounts | None = None
    """Of a ticket whose words were erased (``tickets.erased``): how much there was."""
    consent: GivenConsent | None = None
    """None where none was asked for, and in a ticket of a former version."""
    grouped_by: str = ""
    """Id of the answer by which similar reports are told: site, supplier or domain (``tickets.similar_key``). Empty
    where none was asked or given."""
    source: str = "form"
    """How the report came: ``form`` or ``api``."""
    subject_line: str = ""
    """The subject of the desk's letter behind tag and queue, as it was when the ticket was accepted: it never changes.
    Empty in a ticket of a former version, and once its words are erased."""

    @property
    def name(self) -> str:
        """What the ticket is called in an address or a file name: its number, or its receipt code."""
        return str(self.number) if self.number is not None else str(self.receipt)

    @property
    def follow_up_url(self) -> str:
        """The page that asks anybody for number, address and a further message."""
        return f"{self.base_url}/{self.language}/follow-up/"


class TicketRow(Protocol):
    """What a snapshot is loaded from: a row of ``tickets``."""

    @property
    def number(self) -> int:
        """The ticket's number."""

    @property
    def record(self) -> str:
        """The snapshot as JSON."""


_adapter = TypeAdapter(TicketSnapshot)


def dump(snapshot: TicketSnapshot) -> str:
    """The snapshot as JSON, for the column ``record``."""
    return _adapter.dump_json(snapshot, by_alias=True).decode()


def parse(record: str) -> TicketSnapshot:
    """The snapshot as it was dumped: without its number.

    Raises:
        ValueError: it was written by a version that cannot be read.
    """
    return _adapter.validate_json(record)


def load(row: TicketRow) -> TicketSnapshot:
    """The snapshot of a row of ``tickets``, with its number and tag filled in."""
    snapshot = parse(row.record)
    if snapshot.tag is None:
        return snapshot
    return replace(snapshot, number=row.number, tag=snapshot.tag.format(number=row.number))
