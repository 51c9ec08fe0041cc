"""Examples for the OpenAPI document, in the words of the catalog: reports, and one ticket through every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.api.answers_schema import answers_schema
from wizard.api.catalog import shown_catalog, shown_schema
from wizard.api.example_ticket import example_ticket
from wizard.catalog.models import Catalog, Situation, full_label
from wizard.catalog.questions import Files
from wizard.tickets.ticket_json import Version

TOKEN = "YmFkYzBmZmVlMGRkZjAwZA"
ACCEPTED_AT, TAKEN_AT = "2026-11-23T06:40:12+00:00", "2026-11-23T06:52:40+00:00"
FILE = {
    "name": "errors.txt",
    "type": "text/plain",
    "size": 27,
    "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
}
FOLLOW_UP = {
    "position": 1,
    "text": "It opens again, but slowly.",
    "created_at": TAKEN_AT,
    "attachments": [],
}
EVIDENCE = {"ip": "203.0.113.25", "browser": "Firefox 145.0", "os": "Windows 10", "time": ACCEPTED_AT}
NUMBERED = {"number": 100_001, "tag": "[##100001##]", "receipt": None}
UPLOADED = {"id": "aW4tcGxhY2Utb2YtYS1zaWduZWQtbmFtZQ.aR5x2g.k1", **FILE}
DELIVERY = {
    "kind": "desk",
    "follow_up": None,
    "state": "sent",
    "created_at": ACCEPTED_AT,
    "sent_at": ACCEPTED_AT,
    "attempts": 1,
    "reason": None,
}
ASSESSED = {
    "vague": False,
    "ask": None,
    "polite": True,
    "several_questions": False,
    "ticket_numbers": [],
    "continues_ticket": None,
    "secrets": [{"kind": "password", "start": 41, "end": 49}],
    "has_error_text": False,
    "has_bounce_text": False,
}


def example_reports(catalog: Catalog, language: str) -> dict[str, Any]:
    """A report for the first situation of each category, with the examples of what it requires."""
    firsts = (next(filter(None, map(_fit_to_show, category.situations)), None) for category in catalog.categories)
    return {
        situation.id: {
            "summary": situation.label[language],
            "value": {
                "situation": situation.id,
                "language": language,
                "answers": _required_answers(catalog, situation, language),
            },
        }
        for situation in firsts
        if situation and not _needs_files(catalog, situation)
    }


def _fit_to_show(situation: Situation) -> Situation | None:
    return None if situation.show_when else situation


def _needs_files(catalog: Catalog, situation: Situation) -> bool:
    return any(asked.required and isinstance(asked.question, Files) for asked in catalog.asked(situation))


def _required_answers(catalog: Catalog, situation: Situation, language: str) -> dict[str, Any]:
    properties = answers_schema(catalog, situation, language)["properties"]
    first_of_identity = next(id_ for id_ in catalog.identity.one_of if id_ in properties)
    wanted = [*situation.required, first_of_identity, *catalog.identity.reply_to[:1]]
    return {
        id_: properties[id_]["examples"][0] for id_ in dict.fromkeys(wanted) if properties.get(id_, {}).get("examples")
    }


def example_answers(
    catalog: Catalog, language: str, base_url: str, report: Mapping[str, Any], version: Version
) -> dict[str, Any]:
    """What calls answer when all is well, by endpoint.

    Args:
        report: what was sent.
        version: that of ``ticket.json``.
    """
    situation = catalog.situations[report["situation"]]
    category = catalog.category_of[situation.id]
    label = full_label(category, situation, language)
    about = {"site": "", "language": language, "category": category.id, "situation": situation.id}
    queue = {"fast_track": False, "fast_track_rule": None, "priority": situation.priority}
    url = f"{base_url}/{language}/tickets/{TOKEN}/"
    form = f"{base_url}/{language}/{category.id}/{situation.id}/"
    ticket = example_ticket(catalog, language, base_url, report, FILE, EVIDENCE, version)
    entry = {
        **{"number": 100_001, "state": "taken", "state_by": "board", "state_at": TAKEN_AT},
        **{"desk_reference": "4711", "unread_follow_up": None, "follow_ups": {"count": 1, "last_at": TAKEN_AT}},
        "ticket": ticket,
    }
    suggestion = {"situation": situation.id, "category": category.id, "label": label, "score": 0.71, "url": form}
    return {
        "api.show_catalog": shown_catalog(catalog, base_url, language, most=1),
        "api.show_situation": shown_schema(catalog, base_url, situation, language),
        "api.openapi": {"openapi": "3.1.1", "info": {"title": "…", "version": "…"}, "paths": {}},
        "api.upload": UPLOADED,
        "api.create_ticket": {**NUMBERED, "token": TOKEN, "url": url, **queue, "advice": []},
        "api.show": {
            **NUMBERED,
            "url": url,
            "created_at": ACCEPTED_AT,
            "erased_at": None,
            "desk_reference": "4711",
            **about,
            "label": label,
            "state": "taken",
            "state_at": TAKEN_AT,
            **queue,
            "queue_reason": "In the order of arrival",
            "attachments": [FILE],
            "deliveries": [DELIVERY],
            "follow_ups": [FOLLOW_UP],
        },
        "api.add_follow_up": FOLLOW_UP,
        "api.assess_text": {**ASSESSED, "suggestions": [suggestion]},
        "api.evidence": {**EVIDENCE, "public_ip": EVIDENCE["ip"]},
        "api.queue": {
            "tickets": [
                {**entry, "state": "open", "state_by": None, "unread_follow_up": "verified", "desk_reference": None}
            ],
            "next": "Mi4xMDAwMDE",
        },
        "api.mark": entry,
    }
