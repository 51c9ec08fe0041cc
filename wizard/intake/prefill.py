"""Prefill: facts extracted from the client's words, or from an attached mail that bounced, offered as answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from wizard.container import Container
from wizard.files.file_types import MEDIA_TYPES
from wizard.forms.report_form import ReportForm
from wizard.limits.heavy.allowance import Allowance
from wizard.limits.heavy.reading import read_mail
from wizard.tickets.report import Attachment
from wizard.triage.bounce.eml import Unreadable
from wizard.triage.bounce.report import Bounce
from wizard.triage.extract import extract_facts

MAX_MAILS = 2
"""Mails of one page that are read: each may take two seconds when it is hostile."""


def prefill(
    container: Container, form: ReportForm, attachments: Iterable[Attachment], allowance: Allowance
) -> frozenset[str]:
    """Fill blank inputs with what the client wrote elsewhere: shown, editable, and an answer only when sent.

    Attached mails are read within ``allowance``, that of the request. Returns the ids of those that could not be read.
    """
    fields = [form[asked.question.id] for asked in form.asked]
    words = "\n".join(field.raw for field in fields if field.question.part in ("words", "error"))
    mail = read_bounced_mail(container, form, attachments, allowance)
    if mail.bounce:
        prefill_from_bounce(form, words, mail.bounce)
    else:
        prefill_from_text(form, words)
    return mail.unread


def prefill_from_text(form: ReportForm, words: str) -> None:
    """Fill blank inputs with what the client's words say, a mail that they quote included."""
    form.prefill(extract_facts(form.catalog, form.situation, words, form.now))


def prefill_from_bounce(form: ReportForm, words: str, bounce: Bounce) -> None:
    """Fill blank inputs with what a mail that came back says; those that it leaves blank, from the words."""
    form.prefill(extract_facts(form.catalog, form.situation, words, form.now, bounce))


@dataclass(frozen=True)
class BouncedMail:
    """What the first attached mail that reports a failure says."""

    bounce: Bounce | None = None
    unread: frozenset[str] = frozenset()
    """Ids of the mails that are attached and could not be read."""


def read_bounced_mail(
    container: Container, form: ReportForm, attachments: Iterable[Attachment], allowance: Allowance
) -> BouncedMail:
    """Read the attached mails until one reports a failure; none, when nothing blank could be filled by it."""
    questions = [asked.question for asked in form.asked]
    fillable = [question.id for question in questions if question.told and question.told.returned]
    if all(any(form[question].raw_list) for question in fillable):
        return BouncedMail()
    unread: set[str] = set()
    mails = (attachment for attachment in attachments if attachment.type == MEDIA_TYPES["eml"])
    for mail in islice(mails, MAX_MAILS):
        content = read_mail(container.store.path(mail.id), allowance)
        if isinstance(content, Bounce):
            return BouncedMail(content, frozenset(unread))
        if isinstance(content, Unreadable):
            unread.add(mail.id)
    return BouncedMail(None, frozenset(unread))
