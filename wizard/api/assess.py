"""What the service reads out of a text and sees of a caller. Nothing of either is stored."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from wizard.api.blueprint import api, in_json, request_language
from wizard.api.request_body import checked_body
from wizard.api.request_schemas import assess_validator
from wizard.api.site_secret import caller_of
from wizard.api.tickets import form_address
from wizard.catalog.models import full_label
from wizard.container import Container
from wizard.forms.evidence_answers import evidence_answer
from wizard.triage.assess import assess
from wizard.triage.suggest.ranker import Suggestion
from wizard.values.datetimes import iso_utc
from wizard.web.evidence import seen_of
from wizard.web.rate_limits import spend_call
from wizard.web.request_context import container


@api.post("/assess")
def assess_text() -> Response:
    """Read a client's words: what they lack, what they give away, which situations they may be about."""
    body = checked_body(assess_validator(container().catalog))
    spend_call(caller_of(request.args.get("site", "")))
    language = request_language()
    assessment = assess(
        container().catalog,
        body["text"],
        subject=body.get("subject"),
        situation=body.get("situation"),
        language=language,
    )
    return in_json(
        {
            "vague": assessment.vague,
            "ask": assessment.ask,
            "polite": assessment.polite,
            "several_questions": assessment.several_questions,
            "ticket_numbers": list(assessment.ticket_numbers),
            "continues_ticket": assessment.continues_ticket,
            "secrets": [
                {"kind": secret.kind, "start": secret.start, "end": secret.end} for secret in assessment.secrets
            ],
            "has_error_text": assessment.has_error_text,
            "has_bounce_text": assessment.has_bounce_text,
            "suggestions": [_suggestion(container(), suggestion, language) for suggestion in assessment.suggestions],
        }
    )


def _suggestion(container: Container, suggestion: Suggestion, language: str) -> dict[str, Any]:
    situation = container.catalog.situations[suggestion.situation]
    category = container.catalog.category_of[situation.id]
    return {
        "situation": situation.id,
        "category": category.id,
        "label": full_label(category, situation, language),
        "score": suggestion.score,
        "url": form_address(container, situation.id, language),
    }


@api.get("/evidence")
def evidence() -> Response:
    """What the server sees of the caller, and would store with a report."""
    seen = seen_of(request, container().settings.trusted_proxies)
    return in_json(
        {
            "ip": seen.ip,
            "public_ip": evidence_answer(seen, "ip"),
            "browser": seen.browser,
            "os": seen.os,
            "time": iso_utc(seen.time),
        }
    )
