"""The plain objects that travel from the form to the letter. No room below changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wizard.tickets.evidence import Evidence
from wizard.values.precision import Precision

Value = str | tuple[str, ...]
"""A validated answer: text, an option's id, an ISO 8601 time, or several option ids."""


@dataclass(frozen=True)
class Attachment:
    """A checked file that lies in the storage."""

    id: str
    """Its key in the storage, made of its content: the same for everybody who sends the same bytes."""
    name: str
    """Sanitised for people; never used as a path."""
    type: str
    """Media type, detected by content."""
    size: int
    """Bytes."""
    sha256: str
    question: str = "files"
    """The question that it answers."""
    upload_id: str = ""
    """Id of the pending upload; empty in a ticket, and in names signed by former versions: there ``id`` is that too."""


@dataclass(frozen=True)
class GivenConsent:
    """The consent to the processing of personal data, as it was given."""

    version: str
    sha256: str
    """Digest of the text that was agreed to, in the report's language, as UTF-8."""
    time: datetime
    """Aware, UTC."""


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
    consent: GivenConsent | None = None
    """None where none is asked for."""
    source: str = "form"
    """How it came: ``form`` or ``api``."""
    precisions: Mapping[str, Precision] = field(default_factory=dict)
    """How exact the moments among the answers are, by question id."""
    as_typed: frozenset[str] = frozenset()
    """The ids of the questions whose answers were not masked, since the client wanted so."""


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
    """A hint shown to the client once, kindly; it never blocks sending."""

    kind: str
    """``vague``, ``lead``, ``no_address``, ``typo`` …"""
    text: str
    """In the client's language."""
    question: str | None = None
    to_situation: str | None = None
