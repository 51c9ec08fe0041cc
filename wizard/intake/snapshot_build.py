"""The snapshot of a report: everything that its ticket's letters will say, put together once and stored with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog, Situation, full_label
from wizard.container import Container
from wizard.forms.display import display
from wizard.intake.similar_keys import grouped_by
from wizard.intake.subject_line import InShort, in_short, short_name, subject_of, with_masks
from wizard.mail.sanitize import LONGEST_EXCERPT, inner_quotes, shortened
from wizard.texts import translate
from wizard.tickets.report import Report, Value, Verdict
from wizard.tickets.snapshot import AnswerSnapshot, Reporter, TicketSnapshot, dump
from wizard.tickets.thread_code import thread_code
from wizard.triage.verdict import holds
from wizard.values.precision import Precision

LONGEST_ANSWER = 40
"""Characters of an answer in the line "in short"."""


def build(
    container: Container, report: Report, verdict: Verdict, advice: Iterable[str], receipt: str | None, token: str
) -> str:
    """The snapshot of a report as JSON, still without number and token: those are the row's."""
    catalog, language = container.catalog, container.desk_language
    situation = catalog.situations[report.situation]
    category = catalog.category_of[report.situation]
    answers = with_masks(container, report, answers_of(catalog, situation, report.answers, language, report.precisions))
    reporter = _shown_reporter(catalog, report, answers)
    short = in_short(container, report, answers)
    snapshot = TicketSnapshot(
        catalog_id=catalog.id,
        catalog_version=catalog.version,
        number=None,
        tag=None if receipt else container.settings.ticket_tag,
        receipt=receipt,
        base_url=container.settings.base_url,
        created_at=report.evidence.time,
        site=report.site,
        language=report.language,
        category=category.id,
        category_label=in_language(category.label, language),
        situation=situation.id,
        situation_label=in_language(situation.label, language),
        subject=short_name(catalog, situation, language),
        client_label=full_label(category, situation, report.language),
        fast_track=verdict.fast_track,
        fast_track_rule=verdict.rule,
        reason=_desk_reason(situation, verdict, language),
        client_reason=verdict.reason[report.language],
        priority=verdict.priority,
        reporter=reporter,
        brief=_brief(situation, short, language),
        answers=answers,
        not_given=_not_given(catalog, situation, report, language),
        evidence=report.evidence,
        attachments=tuple(replace(attachment, upload_id="") for attachment in report.attachments),
        advice=tuple(advice),
        thread_code=thread_code(token),
        consent=report.consent,
        source=report.source,
        grouped_by=grouped_by(catalog, situation, report.answers),
        subject_line=subject_of(container, report, short, reporter),
    )
    return dump(snapshot)


def reporter_of(catalog: Catalog, answers: Mapping[str, Value]) -> Reporter:
    """Who reports, read from the answers by the catalog's description of identity."""
    identity = catalog.identity

    def first(questions: Iterable[str | None]) -> str | None:
        return next((str(answers[question]) for question in questions if question and answers.get(question)), None)

    return Reporter(
        registered_name=first([identity.registered_name]),
        registered_email=first([identity.registered_email]),
        reply_to=first(identity.reply_to),
        name=first(identity.name),
        phone=first(identity.phone),
    )


def _shown_reporter(catalog: Catalog, report: Report, answers: Iterable[AnswerSnapshot]) -> Reporter:
    """The reporter whose names and telephone hold no secret; addresses stay, as it is they that reach the client."""
    shown = reporter_of(
        catalog, {**report.answers, **{answer.id: answer.masked for answer in answers if answer.masked}}
    )
    return replace(
        reporter_of(catalog, report.answers),
        registered_name=shown.registered_name,
        name=shown.name,
        phone=shown.phone,
    )


def answers_of(
    catalog: Catalog,
    situation: Situation,
    answers: Mapping[str, Value],
    language: str,
    precisions: Mapping[str, Precision] = MappingProxyType({}),
) -> tuple[AnswerSnapshot, ...]:
    """The answers as letters show them, in the order of the questions."""
    return tuple(
        AnswerSnapshot(
            id=asked.question.id,
            label=in_language(asked.question.label, language),
            value=answers[asked.question.id],
            text=display(catalog, asked, answers, language),
            part=asked.question.part,
            precision=precisions.get(asked.question.id),
        )
        for asked in catalog.asked(situation)
        if asked.question.id in answers
    )


def _not_given(catalog: Catalog, situation: Situation, report: Report, language: str) -> tuple[str, ...]:
    """What was asked, is missed and was left blank: it saves the agent a letter (ux.md, Letters)."""
    with_files = {attachment.question for attachment in report.attachments}
    return tuple(
        in_language(asked.question.label, language)
        for asked in catalog.asked(situation)
        if (asked.required or asked.question.id in situation.useful)
        and asked.question.id not in report.answers
        and asked.question.id not in with_files
        and holds(asked.show_when, report.answers)
    )


def _brief(situation: Situation, short: InShort, language: str) -> str:
    """The situation, what decides, and how the client's own words begin."""
    deciding = (shortened(answer, LONGEST_ANSWER) for answer in short.deciding)
    words = _cut_at_a_word(" ".join(short.words.split()), LONGEST_EXCERPT)
    quoted = [translate(language, "mail.excerpt", words=inner_quotes(words, language))] if words else []
    return "; ".join([in_language(situation.label, language), *deciding, *quoted])


def _desk_reason(situation: Situation, verdict: Verdict, language: str) -> str:
    """Why the ticket is in its queue. What a refused fast track says to the client is advice that no agent needs."""
    if situation.fast_track is None or verdict.fast_track:
        return verdict.reason[language]
    return translate(language, "mail.in_turn_by_answers")


def _cut_at_a_word(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    whole = text[:longest].rpartition(" ")[0]
    return (whole if len(whole) * 2 >= longest else text[: longest - 1]).rstrip(" ,;:—–-") + "…"
