"""The two pages of a form, made of what was submitted: the questions, and the check page before sending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Catalog, Category, Situation
from wizard.catalog.questions import Files
from wizard.container import Container
from wizard.forms.display import display
from wizard.forms.factory import report_form
from wizard.forms.fields import QuestionField
from wizard.forms.report_form import ReportForm
from wizard.intake import uploads
from wizard.limits import budgets
from wizard.limits.doubts import HONEYPOT
from wizard.limits.proof import new_challenge
from wizard.pages.attachments import SubmittedFiles, file_rows, submitted_files, upload_limits
from wizard.pages.export_return import allow_return_probe, return_url
from wizard.pages.secrets import AS_TYPED, as_typed, holds_card, submitted_input, typed_input
from wizard.texts import Translator, translator
from wizard.tickets.evidence import CLIENT_REPORTED, OPTIONAL_FACTS, Evidence, redact, with_client_facts
from wizard.tickets.report import Advice, GivenConsent, Report
from wizard.triage.advice import give_advice
from wizard.triage.verdict import decide_verdict
from wizard.values.sizes import size_text
from wizard.web import form_token
from wizard.web.evidence import client_page, seen_of
from wizard.web.rate_limits import current_caller
from wizard.web.rendering import posting_url, render, url
from wizard.web.request_context import container, current_site, request_language


@dataclass(frozen=True)
class HiddenInput:
    """One hidden input of the check page."""

    name: str
    value: str
    masked: str | None = None
    """What a browser's draft may hold in place of the value; the value itself when None."""


@dataclass(frozen=True)
class SubmittedForm:
    """One submitted page of the form, taken apart."""

    container: Container
    category: Category
    situation: Situation
    language: str
    translate: Translator
    form: ReportForm
    files: SubmittedFiles
    seen: Evidence
    """All that the server sees, before the client left anything out."""

    @property
    def catalog(self) -> Catalog:
        """The catalog at hand."""
        return self.container.catalog

    @property
    def address(self) -> str:
        """Where the form is sent."""
        return posting_url("situation", category=self.category.id, situation=self.situation.id)

    @property
    def consent(self) -> GivenConsent | None:
        """The consent, where one is asked for and given."""
        if self.container.consent is None:
            return None
        # Imported here: nobody pays for a consent that is not asked for.
        from wizard.pages.consent import given_consent

        return given_consent(self.container.consent, self.language, self.seen.time)

    @property
    def lacks_consent(self) -> bool:
        """Whether one is asked for and not given."""
        return self.container.consent is not None and self.consent is None

    def typed(self) -> list[tuple[str, str]]:
        """Every input that was filled in, less the files: what the check page holds and sends again."""
        files = set(self.files.by_question)
        return [(name, value) for name, value in self.form.raw_items() if name not in files]

    def report(self) -> Report:
        """What is to be accepted."""
        return Report(
            situation=self.situation.id,
            language=self.language,
            site=current_site().key,
            answers=self.form.answers(),
            evidence=redact(self.seen, _left_out()),
            attachments=self.files.attachments,
            consent=self.consent,
            precisions=self.form.precisions(),
            as_typed=self.form.as_typed,
        )


def blank_form(category: Category, situation: Situation, known: MultiDict[str, str]) -> SubmittedForm:
    """A form that nobody has sent yet, with what is known beforehand."""
    form = report_form(container().catalog, situation, request_language())(known)
    return SubmittedForm(
        container(), category, situation, request_language(), _translator(), form, SubmittedFiles(), _seen()
    )


def submitted_form(category: Category, situation: Situation) -> SubmittedForm:
    """The form as the request at hand fills it in, its files taken in; nothing is checked yet."""
    language, translate = request_language(), _translator()
    seen = with_client_facts(_seen(), request.form)
    questions = [asked.question for asked in container().catalog.asked(situation)]
    files = submitted_files(container(), [question for question in questions if isinstance(question, Files)], translate)
    evidence = redact(seen, _left_out())
    filled_in = submitted_input(container().catalog, questions)
    form_class = report_form(container().catalog, situation, language)
    form = form_class(filled_in, attached=files.counts, evidence=evidence, as_typed=as_typed(questions))
    return SubmittedForm(container(), category, situation, language, translate, form, files, seen)


def form_page(
    page: SubmittedForm,
    status: int = 200,
    *,
    carried: str | None = None,
    is_begun: bool = False,
    unplaced_words: str = "",
) -> Response:
    """The form with what was typed and what stands in the way; ``is_begun`` with words that were typed elsewhere.

    ``unplaced_words`` are such words for which the form has no place: they are shown, so that they can be copied.
    """
    answer = render(
        "situation.html",
        status,
        situation=page.situation,
        category=page.category,
        form=page.form,
        steps=page.form.steps,
        errors=page.form.errors_by_question,
        has_card=holds_card(page.form),
        upload_limits=upload_limits(page.container, page.translate),
        uploads=file_rows(page.container, page.files, page.translate),
        # What somebody has seen and perhaps emptied is not filled in again by the page around the frame.
        may_be_prefilled=is_begun or request.method == "GET",
        embedding_page=page.seen.page,
        form_action_url=page.address,
        draft=_draft(page),
        is_filled_in=request.method == "POST" and not is_begun,
        is_begun=is_begun,
        left_out=_left_out(),
        carried=carried,
        return_url=return_url(),
        unplaced_words=unplaced_words,
    )
    return allow_return_probe(answer)


def check_page(page: SubmittedForm, status: int = 200, notice: str | None = None) -> Response:
    """Every answer once more before it is sent, with the queue and why; ``notice`` says why it was not sent.

    With 422 it was for want of a consent.
    """
    report = page.report()
    verdict = decide_verdict(page.catalog, page.situation, report.answers)
    # What was masked is said at its answer.
    warnings = [warning for warning in page.form.warnings if warning.kind != "masked"]
    advice = give_advice(page.catalog, page.situation, report.answers, page.language, as_typed=report.as_typed)
    queue = "fast" if verdict.fast_track else "in_turn"
    answer = render(
        "check.html",
        status,
        situation=page.situation,
        category=page.category,
        form_action_url=page.address,
        draft=_draft(page),
        step_count=1 + sum(any(field.applies for field in fields) for _, fields in page.form.steps),
        support_address=support_address(page),
        hidden=_hidden_inputs(page),
        rows=_rows(page, report),
        attachments=[
            {"name": attachment.name, "size_text": size_text(attachment.size, page.translate)}
            for attachment in page.files.attachments
        ],
        captured=_optional_facts(page),
        left_out=_left_out(),
        verdict=verdict,
        queue_title=page.translate(f"views.queue_{queue}"),
        queue_reason=verdict.reason[page.language],
        advice=[_advice(page, piece) for piece in (*warnings, *advice)],
        politeness=page.catalog.politeness.reminder[page.language],
        notice=notice,
        consent=_consent_box(page, is_missed=status == 422),
        # With 500 and more the database may be away: this page needs it for nothing else.
        challenge=_challenge(page) if status < 500 else None,
    )
    return allow_return_probe(answer)


def _consent_box(page: SubmittedForm, *, is_missed: bool) -> dict[str, Any] | None:
    if page.container.consent is None:
        return None
    from wizard.pages.consent import consent_box

    return consent_box(page.container.consent, page.language, page.translate, is_missed=is_missed)


def _challenge(page: SubmittedForm) -> str | None:
    """What the browser is to solve before it sends: only where the sender has used most of what may be sent."""
    settings, now = page.container.settings, page.seen.time
    is_asked = settings.proof_of_work_cost and budgets.is_nearly_spent(settings, current_caller(), now)
    return new_challenge(settings, now) if is_asked else None


def _hidden_inputs(page: SubmittedForm) -> list[HiddenInput]:
    """Everything that the check page needs to send the report, as hidden inputs."""
    inputs = [row for field in page.form if field.name not in page.files.by_question for row in _of_field(field)]
    inputs += [
        HiddenInput(question, uploads.signed_name(page.container, attachment))
        for question, attachments in page.files.by_question.items()
        for attachment in attachments
    ]
    settings, site, situation = page.container.settings, current_site().key, page.situation.id
    # A page that is shown again because sending failed keeps its token: the retry may find its report accepted.
    once = request.form.get("once", "")
    if (key := form_token.verify(settings, once, site, situation)) is None:
        once = form_token.issue(settings, site, situation)
        key = str(form_token.verify(settings, once, site, situation))
    inputs += [HiddenInput(AS_TYPED, question) for question in sorted(page.form.as_typed)]
    inputs += [HiddenInput("copy", address)] if (address := return_url()) else []
    inputs += [HiddenInput(HONEYPOT, filled)] if (filled := request.form.get(HONEYPOT)) else []
    checked = form_token.seal(settings, key, page.typed())
    return [*inputs, HiddenInput("once", once), HiddenInput("checked", checked)]


def _of_field(field: QuestionField) -> Iterator[HiddenInput]:
    """What was typed for a question, masked; and beside it, for the client alone to take back, as typed.

    What is no answer (beside an option that is not chosen, to a question that does not apply) stays as it was typed,
    like what was taken back: the browser's draft holds other words for both.
    """
    for name, value in field.raw_items():
        yield HiddenInput(name, value, field.draft_words(value))
    yield from (HiddenInput(typed_input(name), typed) for name, typed in field.typed_items() if name in field.masked)


def _rows(page: SubmittedForm, report: Report) -> list[dict[str, Any]]:
    titles = {section.id: section.title[page.language] for section in page.catalog.sections}
    return [
        {
            "question_id": asked.question.id,
            "label": asked.question.label[page.language],
            "text": display(page.catalog, asked, report.answers, page.language),
            "section_title": titles[asked.question.section],
            "filled_by_us": page.form[asked.question.id].from_evidence,
            "is_masked": bool(page.form[asked.question.id].masked),
        }
        for asked in page.catalog.asked(page.situation)
        if asked.question.id in report.answers
    ]


def _optional_facts(page: SubmittedForm) -> list[dict[str, Any]]:
    """The facts with their ticks; one that was left out before is not sent to us, and only a script can show it."""
    unsent = _left_out() & set(CLIENT_REPORTED)
    return [
        {
            "id": name,
            "label": page.translate(f"views.captured_{name}"),
            "text": text,
            "is_client_reported": name in CLIENT_REPORTED,
        }
        for name in OPTIONAL_FACTS
        if (text := getattr(page.seen, name) or "") or name in unsent
    ]


def _advice(page: SubmittedForm, advice: Advice) -> dict[str, str | None]:
    """A piece of advice with where it leads: another situation, or the answer that it is about."""
    if advice.to_situation:
        other = page.catalog.situations[advice.to_situation]
        address = url("situation", category=page.catalog.category_of[other.id].id, situation=other.id)
        return {"kind": advice.kind, "text": advice.text, "url": address, "link_text": other.label[page.language]}
    return {"kind": advice.kind, "text": advice.text, "url": None, "link_text": None, "question": advice.question}


def _draft(page: SubmittedForm) -> str:
    """The key of the draft in the browser: one draft for a form of a site, whatever the language."""
    return f"{current_site().key}/{page.situation.id}"


def support_address(page: SubmittedForm) -> str:
    """Where a report can be mailed when this page cannot send it."""
    return page.container.inbox_of(current_site())


def _left_out() -> set[str]:
    return set(request.form.getlist("leave_out")) & set(OPTIONAL_FACTS)


def _seen() -> Evidence:
    seen = seen_of(request, container().settings.trusted_proxies)
    return replace(seen, page=client_page(request.form.get("page", "")))


def _translator() -> Translator:
    return translator(request_language())
