"""What a client told in one place, offered in another, so that nothing is typed twice."""

from __future__ import annotations

from collections.abc import Iterable

from wizard import triage
from wizard.container import Service
from wizard.forms import ReportForm
from wizard.intake.returned import read_returned_mail
from wizard.tickets.report import Attachment


def offer_what_was_told(current: Service, form: ReportForm, attachments: Iterable[Attachment]) -> frozenset[str]:
    """Fill blank inputs with what the client wrote elsewhere: shown, editable, and an answer only when sent.

    Returns the ids of the attached mails that could not be read.
    """
    fields = [form[each.question.id] for each in form.asked]
    text = "\n".join(field.raw for field in fields if field.question.part in ("words", "error"))
    mail = read_returned_mail(current, form, form.asked, attachments)
    form.offer(triage.suggested_answers(form.catalog, form.situation, text, form.now, mail.bounce))
    return mail.unread
