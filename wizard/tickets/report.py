"""The plain objects that travel from the form to the letter. No storey below changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Value = str | tuple[str, ...]
"""A validated answer: text, an option's id, an ISO 8601 time, or several option ids."""


@dataclass(frozen=True)
class Evidence:
    """Facts captured, not asked. ``None`` means not known, or left out by the client."""

    time: datetime
    """When the report reached the server; aware, UTC."""
    ip: str | None = None
    browser: str | None = None
    """Browser and its version in words."""
    os: str | None = None
    user_agent: str | None = None
    page: str | None = None
    """The page that embeds the form."""
    screen: str | None = None
    """Width and height in CSS pixels, and how many of the device make one: ``390×844 @3x``."""
    time_zone: str | None = None
    """The client's, by its IANA name: ``Asia/Yekaterinburg``."""


@dataclass(frozen=True)
class Attachment:
    """A checked file that lies in the storage."""

    id: str
    name: str
    """Cleaned for people; never used as a path."""
    type: str
    """Media type, found by content."""
    size: int
    """Bytes."""
    sha256: str
    question: str = "files"
    """The question that it answers."""


@dataclass(frozen=True)
class Report:
    """Answers, evidence and attachments, before they are accepted."""

    situation: str
    language: str
    site: str
    answers: Mapping[str, Value]
    """By question id, only what was given, in the order of the questions."""
    evidence: Evidence
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The queue of a report."""

    fast_track: bool
    rule: str | None
    """Id of the fast-track rule that decided it."""
    priority: str
    """``high``, ``normal`` or ``low``."""
    reason: Mapping[str, str]
    """Why, in every language of the catalog."""


@dataclass(frozen=True)
class Advice:
    """Something told to the client once, kindly; never a wall."""

    kind: str
    """``vague``, ``lead``, ``no_address``, ``typo`` …"""
    text: str
    """In the client's language."""
    question: str | None = None
    to_situation: str | None = None


@dataclass(frozen=True)
class Reporter:
    """Who reports."""

    registered_name: str | None = None
    registered_email: str | None = None
    reply_to: str | None = None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class AnswerRecord:
    """One answer as the letter shows it, in the desk's language."""

    id: str
    label: str
    value: Value
    text: str
    """The value as a person reads it (an option's label, a date in words)."""
    part: str = "answer"
    """``answer``, ``error``, ``words`` or ``identity`` (the catalog's ``part``)."""


@dataclass(frozen=True)
class TicketRecord:
    """Everything that the letters of a ticket say, frozen when it is accepted.

    Letters are made from this alone: a later change of the catalog, or a retry a day later, yields the same bytes.
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
    token_url: str
    created_at: datetime
    site: str
    language: str
    category: str
    category_label: str
    situation: str
    situation_label: str
    subject: str
    """The situation in a few words, for the mail's subject (desk's language): ``Проценка: нет результатов``."""
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
    answers: tuple[AnswerRecord, ...]
    not_given: tuple[str, ...]
    """Labels of the questions that were shown and left blank."""
    evidence: Evidence
    attachments: tuple[Attachment, ...] = ()
    advice: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """What the ticket is called in an address or a file name: its number, or its receipt code."""
        return str(self.number) if self.number is not None else str(self.receipt)
