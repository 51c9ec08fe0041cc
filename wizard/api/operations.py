"""Every call of the API as data: what the OpenAPI document says of it, besides what its route says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.api.idempotency import LONGEST, SHORTEST
from wizard.api.queue import LARGEST_NUMBER, MOST_ON_A_PAGE, ON_A_PAGE
from wizard.api.shapes import Schema, ref
from wizard.attachments.kinds import MEDIA_TYPES
from wizard.catalog.schema import Catalog, Files
from wizard.models import STATES

READING = ("too_many_requests", "fault")
STORED = (*READING, "unavailable")
WITH_BODY = ("not_json", "malformed", "forbidden", "too_large", "media_type", "refused")


@dataclass(frozen=True)
class Operation:
    """One call."""

    id: str
    tag: str
    summary: str
    answer: Schema
    description: str = ""
    status: int = 200
    media_type: str = "application/json"
    body: Mapping[str, Any] | None = None
    """Content by media type."""
    parameters: tuple[Schema, ...] = ()
    problems: tuple[str, ...] = READING
    headers: tuple[str, ...] = ()
    """Of the answer when all is well."""
    may_be_kept: bool = False
    """The answer has a tag, by which a later one is ``304 Not Modified``."""
    for_agents: bool = False
    links: Mapping[str, Schema] = field(default_factory=dict)
    """What to call next, with what the answer holds."""


UPLOAD: Schema = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "One file with its name, up to 10 MB."}
            },
        },
        # What is found in the file decides; this says what is worth choosing.
        "encoding": {"file": {"contentType": ", ".join(dict.fromkeys(MEDIA_TYPES.values()))}},
    }
}


def _link(operation: str, ticket: str) -> Schema:
    return {"operationId": operation, "parameters": {"ticket": f"$response.body#/{ticket}"}}


def _report_with_file(catalog: Catalog, reports: Mapping[str, Any]) -> dict[str, Schema]:
    """A report that names the file just uploaded: the first example whose situation takes files."""
    for name, report in reports.items():
        if any(isinstance(one.question, Files) for one in catalog.asked(catalog.situations[name])):
            body = {**report["value"], "attachments": ["$response.body#/id"]}
            return {"report": {"operationId": "createTicket", "requestBody": body}}
    return {}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _path(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": description}


TOKEN = _path("ticket", {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}, "The ticket's token.")
NUMBER = _path(
    "ticket", {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER}, "The ticket's number in the queue."
)
SITE = _query("site", {"type": "string"}, "Key of the site whose page calls: only its origins may.")
KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
    # No example of its own: where a page fills it in, the second report that is tried would be a 409.
    "description": "A new one for each report, best a UUID like `8e03978e-40d5-43dd-bc93-6894a57f9324`: the same key "
    "and body are the same ticket for 24 hours. Without it a report is known by its content for ten minutes.",
}


def operations(catalog: Catalog, reports: Mapping[str, Any]) -> dict[str, Operation]:
    """The calls by their endpoints. ``reports`` are examples of what may be handed in, by name."""
    language = _query("language", {"type": "string", "enum": list(catalog.languages)}, "The language of the answer.")
    categories = [category.id for category in catalog.categories]
    a_report = {"schema": ref("TicketRequest"), "examples": reports}
    return {
        "api.show_catalog": Operation(
            "getCatalog",
            "catalog",
            "Rules, categories and situations",
            ref("Catalog"),
            parameters=(language, SITE),
            problems=(*READING, "refused"),
            may_be_kept=True,
        ),
        "api.show_situation": Operation(
            "getSituation",
            "catalog",
            "The JSON Schema of a situation's answers",
            ref("AnswersSchema"),
            media_type="application/schema+json",
            parameters=(
                _path("situation", {"type": "string", "enum": list(catalog.situations)}, "The situation's id."),
                language,
                SITE,
            ),
            problems=(*READING, "refused", "not_found"),
            may_be_kept=True,
        ),
        "api.upload": Operation(
            "uploadAttachment",
            "reports",
            "Upload one file, to be named in a report or a follow-up",
            ref("UploadedAttachment"),
            "It is kept for 24 hours, and for as long as a ticket that names it.",
            status=201,
            body=UPLOAD,
            parameters=(
                _query(
                    "question",
                    {
                        "type": "string",
                        "enum": [each.id for each in catalog.questions.values() if isinstance(each, Files)],
                    },
                    "The question that the file answers: only its kinds are taken.",
                ),
                SITE,
            ),
            problems=(*STORED, "malformed", "forbidden", "too_large", "media_type", "refused", "no_room"),
            links=_report_with_file(catalog, reports),
        ),
        "api.hand_in": Operation(
            "createTicket",
            "reports",
            "Hand in a report",
            ref("AcceptedTicket"),
            "Answers are judged by the very rules of the form. 201 means that the ticket is on the disk.",
            status=201,
            body={"application/json": a_report},
            parameters=(KEY, SITE),
            problems=(*STORED, *WITH_BODY, "key_reused"),
            headers=("Location", "Idempotent-Replayed"),
            links={
                "look": _link("getTicket", "token"),
                "add": _link("addFollowUp", "token"),
                "mark": _link("markTicket", "number"),
            },
        ),
        "api.show": Operation(
            "getTicket",
            "reports",
            "A ticket's state, queue, deliveries and follow-ups",
            ref("Ticket"),
            parameters=(TOKEN,),
            problems=(*STORED, "not_found"),
        ),
        "api.add_follow_up": Operation(
            "addFollowUp",
            "reports",
            "Add a further message to a ticket",
            ref("FollowUp"),
            "The same message again within ten minutes is the one that was added.",
            status=201,
            body={
                "application/json": {
                    "schema": ref("FollowUpRequest"),
                    "examples": {"message": {"value": {"text": "It opens again, but slowly."}}},
                }
            },
            parameters=(TOKEN, SITE),
            problems=(*STORED, *WITH_BODY, "not_found"),
            headers=("Location", "Idempotent-Replayed"),
        ),
        "api.assess_text": Operation(
            "assess",
            "reading",
            "Read a client's words",
            ref("Assessment"),
            "Nothing is stored.",
            body={
                "application/json": {
                    "schema": ref("AssessRequest"),
                    "examples": {"words": {"value": {"text": "The site does not open since 9:40"}}},
                }
            },
            parameters=(SITE,),
            problems=(*READING, *WITH_BODY),
        ),
        "api.evidence": Operation(
            "getEvidence",
            "reading",
            "What the server sees of the caller",
            ref("Evidence"),
            parameters=(SITE,),
        ),
        "api.queue": Operation(
            "getQueue",
            "agents",
            "Tickets in the order in which they are to be taken",
            ref("Queue"),
            "Fast track first, then priority, then arrival.",
            parameters=(
                _query("state", {"type": "string", "enum": list(STATES), "default": "open"}, "How they are marked."),
                _query("site", {"type": "string"}, "Key of a site; empty for reports without one."),
                _query("category", {"type": "string", "enum": categories}, "Id of a category."),
                _query(
                    "since",
                    {"type": "string", "examples": ["2026-11-23T09:40:00+03:00", "2026-11-23"]},
                    "Accepted at this moment or later (ISO 8601; without an offset in the catalog's zone).",
                ),
                _query("cursor", {"type": "string"}, "What the page before answered as `next`."),
                _query(
                    "limit",
                    {"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE, "default": ON_A_PAGE},
                    "Tickets on a page.",
                ),
            ),
            problems=(*STORED, "unauthorised", "forbidden", "refused"),
            for_agents=True,
            links={"mark": _link("markTicket", "tickets/0/number")},
        ),
        "api.mark": Operation(
            "markTicket",
            "agents",
            "Mark a ticket as taken, closed or open again",
            ref("QueueEntry"),
            "Of two agents who take a ticket at once one gets it, the other is told 409.",
            body={
                "application/json": {"schema": ref("Mark"), "examples": {"take": {"value": {"state": "taken"}}}},
            },
            parameters=(NUMBER,),
            problems=(*STORED, *WITH_BODY, "unauthorised", "not_found", "already_taken"),
            for_agents=True,
        ),
        "api.openapi": Operation(
            "getOpenApi",
            "catalog",
            "This document",
            {"type": "object", "required": ["openapi", "info", "paths"]},
            may_be_kept=True,
        ),
    }
