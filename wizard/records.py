"""Freezing: everything that a ticket's letters will say, put together once and kept with the ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from wizard.catalog.pieces import in_language
from wizard.catalog.schema import Asked, Catalog, Category, Situation
from wizard.forms import answer_text, specified_in
from wizard.report import AnswerRecord, Report, Reporter, TicketRecord, Value, Verdict
from wizard.service import Service
from wizard.triage.verdict import holds
from wizard.values.datetimes import UNKNOWN

_format = TypeAdapter(TicketRecord)

BRIEF_ANSWERS = 4
"""Answers that fit into the line "in short"."""


def freeze(service: Service, report: Report, verdict: Verdict, advice: Iterable[str], receipt: str | None) -> str:
    """The record of a report as JSON, still without number and token: those are the row's."""
    catalog, language = service.catalog, service.desk_language
    situation = catalog.situations[report.situation]
    category = catalog.category_of[report.situation]
    answers = _answers(catalog, situation, report.answers, language)
    short = situation.subject or situation.label
    record = TicketRecord(
        catalog_id=catalog.id,
        catalog_version=catalog.version,
        number=None,
        tag=None if receipt else service.settings.ticket_tag,
        receipt=receipt,
        token_url=service.settings.base_url,
        created_at=report.evidence.time,
        site=report.site,
        language=report.language,
        category=category.id,
        category_label=in_language(category.label, language),
        situation=situation.id,
        situation_label=in_language(situation.label, language),
        subject=f"{in_language(category.label, language)}: {in_language(short, language)}",
        client_label=full_label(category, situation, report.language),
        fast_track=verdict.fast_track,
        fast_track_rule=verdict.rule,
        reason=verdict.reason[language],
        client_reason=verdict.reason[report.language],
        priority=verdict.priority,
        reporter=reporter_of(catalog, report.answers),
        brief=_brief(catalog, situation, answers, language),
        answers=answers,
        not_given=_not_given(catalog, situation, report, language),
        evidence=report.evidence,
        attachments=report.attachments,
        advice=tuple(advice),
    )
    return _format.dump_json(record).decode()


def thaw(ticket: Row[Any]) -> TicketRecord:
    """The record of a row of ``tickets``, with its number, tag and address filled in."""
    record = _format.validate_json(ticket.record)
    token_url = f"{record.token_url}/{record.language}/tickets/{ticket.token}/"
    if record.tag is None:
        return replace(record, token_url=token_url)
    return replace(record, number=ticket.number, tag=record.tag.format(number=ticket.number), token_url=token_url)


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


def full_label(category: Category, situation: Situation, language: str) -> str:
    """Category and situation in the catalog's own words; the category once when the situation's label names it."""
    group, label = in_language(category.label, language), in_language(situation.label, language)
    return label if label.casefold().startswith(group.casefold()) else f"{group}: {label}"


def _answers(
    catalog: Catalog, situation: Situation, answers: Mapping[str, Value], language: str
) -> tuple[AnswerRecord, ...]:
    return tuple(
        AnswerRecord(
            id=asked.question.id,
            label=in_language(asked.question.label, language),
            value=answers[asked.question.id],
            text=display(catalog, asked, answers, language),
            part=asked.question.part,
        )
        for asked in catalog.asked(situation)
        if asked.question.id in answers
    )


def display(catalog: Catalog, asked: Asked, answers: Mapping[str, Value], language: str) -> str:
    """An answer as a person reads it, with what was written beside "other"."""
    question = asked.question
    return answer_text(catalog, question, answers[question.id], language, specified_in(question, answers))


def _not_given(catalog: Catalog, situation: Situation, report: Report, language: str) -> tuple[str, ...]:
    """What was asked and left blank: it saves the agent a letter (ux.md, Letters)."""
    with_files = {attachment.question for attachment in report.attachments}
    return tuple(
        in_language(asked.question.label, language)
        for asked in catalog.asked(situation)
        if asked.question.id not in report.answers
        and asked.question.id not in with_files
        and holds(asked.show_when, report.answers)
    )


def _brief(catalog: Catalog, situation: Situation, answers: tuple[AnswerRecord, ...], language: str) -> str:
    """The situation and the first short answers to what it requires, less "I do not know"."""
    required = {
        asked.question.id for asked in catalog.asked(situation) if asked.required and not asked.question.evidence
    }
    telling = (answer for answer in answers if answer.id in required and answer.part == "answer")
    short = [each.text for each in telling if each.value != UNKNOWN and "\n" not in each.text and len(each.text) <= 60]
    return "; ".join([in_language(situation.label, language), *short[:BRIEF_ANSWERS]])
