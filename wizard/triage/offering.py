"""What a client told in one place, offered in another, so that nothing is typed twice."""

from __future__ import annotations

from wizard.forms import ReportForm
from wizard.triage.facts import suggested_answers


def offer_what_was_told(form: ReportForm) -> None:
    """Fill blank inputs with what the client wrote elsewhere: shown, editable, and an answer only when sent."""
    fields = [form[asked.question.id] for asked in form.asked]
    text = "\n".join(field.raw for field in fields if field.question.part in ("words", "error"))
    for question, value in suggested_answers(form.catalog, form.situation, text, form.now).items():
        form[question].offer(value)
