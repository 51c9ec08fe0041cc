"""Tickets: created from reports, and shown by their token."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import Row

from wizard.api.answers import judge
from wizard.api.attachments import AssignedFiles, assign_files, described
from wizard.api.blueprint import PREFIX, api, in_json, limit_writing, request_language, request_translator
from wizard.api.idempotency_key import key_reused, sending_of
from wizard.api.problems import Problem, refused
from wizard.api.request_body import checked_body
from wizard.api.request_schemas import ticket_validator
from wizard.catalog.models import Situation
from wizard.catalog.questions import Files
from wizard.config.logs import reply_code, security_event
from wizard.container import Container
from wizard.intake import idempotency, queries
from wizard.intake.accept import accept
from wizard.intake.idempotency import Accepted, IdempotencyConflict, Sending
from wizard.intake.readable import snapshot_of
from wizard.limits.doubts import own_words, signs_of_report
from wizard.tickets.evidence import redact, with_client_facts
from wizard.tickets.report import Advice, GivenConsent, Report
from wizard.triage.advice import give_advice
from wizard.triage.verdict import decide_verdict
from wizard.values.datetimes import iso_utc
from wizard.web.doubts import with_doubts
from wizard.web.evidence import client_page, seen_of
from wizard.web.rate_limits import caller_id
from wizard.web.request_context import container


@api.post("/tickets")
@limit_writing
def create_ticket() -> Response:
    """Check a report by the form's own rules and accept it as a ticket."""
    body = checked_body(ticket_validator(container().catalog, container().consent is not None))
    sending = sending_of(body)
    try:
        ticket = idempotency.sent_before(container().settings, sending) or _accept(container(), body, sending)
    except IdempotencyConflict:
        raise key_reused() from None
    return _accepted(container(), ticket)


def _accept(container: Container, body: dict[str, Any], sending: Sending) -> Accepted:
    catalog, language = container.catalog, request_language()
    situation = catalog.situations[body["situation"]]
    if body.get("site", "") not in container.sites:
        raise refused({"site": [request_translator()("api.unknown_value")]})
    questions = [asked.question for asked in catalog.asked(situation) if isinstance(asked.question, Files)]
    files = assign_files(container, questions, body.get("attachments", ()), request_translator())
    seen = with_client_facts(seen_of(request, container.settings.trusted_proxies), body.get("evidence", {}))
    seen = replace(seen, page=client_page(body.get("page", "")))
    evidence = redact(seen, set(body.get("leave_out", ())))
    judged = judge(container, situation, language, body["answers"], files, evidence, body.get("as_typed", ()))
    refuse_faulty(judged.errors, files, judged.suggested)
    report = Report(
        situation=situation.id,
        language=language,
        site=body.get("site", ""),
        answers=judged.form.answers(),
        evidence=evidence,
        attachments=files.attachments,
        consent=_given_consent(container, body, language, evidence.time),
        precisions=judged.form.precisions(),
        as_typed=judged.form.as_typed,
        source="api",
    )
    response = json.dumps(_saved_response(container, situation, report, judged.form.warnings))
    caller = with_doubts(sending.caller, signs_of_report(catalog, report), words=own_words(catalog, report))
    return accept(container, report, replace(sending, saved_response=response, caller=caller))


def _given_consent(container: Container, body: dict[str, Any], language: str, now: datetime) -> GivenConsent | None:
    if container.consent is None:
        return None
    # Imported here: nobody pays for a consent that is not asked for.
    from wizard.api.consent import given_consent

    return given_consent(container, body.get("consent"), language, now)


def refuse_faulty(errors: dict[str, list[str]], files: AssignedFiles, suggested: dict[str, str] | None = None) -> None:
    """Raise what stands in the way: of a question's files, both their own faults and their number."""
    together = dict(errors)
    for question, texts in files.errors.items():
        together[question] = [*texts, *together.get(question, [])]
    if together:
        raise refused(together, suggested)


def _saved_response(
    container: Container, situation: Situation, report: Report, warnings: list[Advice]
) -> dict[str, Any]:
    """The response, less number and token, as retries get it too: the queue, and the advice of the check page."""
    catalog = container.catalog
    verdict = decide_verdict(catalog, situation, report.answers)
    advice = give_advice(catalog, situation, report.answers, report.language, as_typed=report.as_typed)
    return {
        "language": report.language,
        "fast_track": verdict.fast_track,
        "fast_track_rule": verdict.rule,
        "priority": verdict.priority,
        "advice": [_advice(container, item, report.language) for item in (*warnings, *advice)],
    }


def _advice(container: Container, advice: Advice, language: str) -> dict[str, Any]:
    other = advice.to_situation
    return {
        "kind": advice.kind,
        "text": advice.text,
        "question": advice.question,
        "situation": other,
        "url": form_address(container, other, language) if other else None,
    }


def form_address(container: Container, situation: str, language: str) -> str:
    """Where a person fills in the form of a situation."""
    category = container.catalog.category_of[situation].id
    return f"{container.settings.base_url}/{language}/{category}/{situation}/"


def _accepted(container: Container, ticket: Accepted) -> Response:
    assert ticket.saved_response is not None
    response = json.loads(ticket.saved_response)
    language = response.pop("language")
    base, is_numbered = container.settings.base_url, ticket.receipt is None
    body = {
        "number": ticket.number if is_numbered else None,
        "tag": container.settings.ticket_tag.format(number=ticket.number) if is_numbered else None,
        "receipt": ticket.receipt,
        "token": ticket.token,
        "url": f"{base}/{language}/tickets/{ticket.token}/",
        **response,
    }
    answer = in_json(body, 201, Location=f"{base}{PREFIX}/tickets/{ticket.token}")
    if ticket.repeated:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


@api.get("/tickets/<ticket>")
def show(ticket: str) -> Response:
    """A ticket: its state and queue, the deliveries to the desk for it, the further messages."""
    return in_json(_shown_ticket(ticket_of_token(ticket)))


def _shown_ticket(row: Row[Any]) -> dict[str, Any]:
    ticket = snapshot_of(container(), row)
    # The rows of an erased ticket's files may wait for their bytes to be deleted.
    files = queries.files_of(row.number) if row.erased_at is None else []
    return {
        "number": ticket.number,
        "tag": ticket.tag,
        "receipt": ticket.receipt,
        "desk_reference": row.desk_reference,
        "url": f"{ticket.base_url}/{ticket.language}/tickets/{row.token}/",
        "created_at": iso_utc(ticket.created_at),
        "erased_at": iso_utc(row.erased_at) if row.erased_at else None,
        "site": ticket.site,
        "language": ticket.language,
        "category": ticket.category,
        "situation": ticket.situation,
        "label": ticket.client_label,
        "state": row.state,
        "state_at": iso_utc(row.state_at) if row.state_at else None,
        "fast_track": ticket.fast_track,
        "fast_track_rule": ticket.fast_track_rule,
        "queue_reason": ticket.client_reason,
        "priority": ticket.priority,
        "attachments": [described(file) for file in files if file.follow_up == 0],
        "deliveries": [_delivery(letter) for letter in queries.letters_to_desk(row.number)],
        "follow_ups": shown_follow_ups(row.number, files),
    }


def shown_follow_ups(number: int, files: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """The further messages of a ticket, oldest first, each with its own of the ticket's ``files``."""
    return [
        {
            "position": message.position,
            "text": message.text,
            "created_at": iso_utc(message.created_at),
            "attachments": [described(file) for file in files if file.follow_up == message.position],
        }
        for message in queries.follow_ups_of(number)
    ]


def _delivery(letter: Row[Any]) -> dict[str, Any]:
    """A letter to the desk. Of what a mail server said only the code: its words may name the inbox."""
    return {
        "kind": letter.kind,
        "follow_up": letter.follow_up or None,
        "state": {"sent": "sent", "dead": "failed"}.get(letter.state, "owed"),
        "created_at": iso_utc(letter.created_at),
        "sent_at": iso_utc(letter.sent_at) if letter.sent_at else None,
        "attempts": letter.attempts,
        "reason": reply_code(letter.last_error) if letter.last_error else None,
    }


def ticket_of_token(token: str) -> Row[Any]:
    """The ticket of a token; the answer to any other token is the same (threats W07)."""
    row = queries.ticket_of(token)
    if row is None:
        security_event("ticket_token_unknown", caller=caller_id(), route=request.endpoint)
        raise Problem("not_found")
    return row
