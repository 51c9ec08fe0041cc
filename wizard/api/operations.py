"""Every call of the API as data: what the OpenAPI document says of it, besides what its route says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.api.parameters import (
    CURSOR,
    FILE_QUESTION,
    KEY,
    LANGUAGE,
    LIMIT,
    MESSAGE_KEY,
    NUMBER,
    OF_CATEGORY,
    OF_SITE,
    SINCE,
    SITE,
    SITE_SECRET,
    SITUATION,
    STATE,
    TOKEN,
    Parameter,
)
from wizard.api.schema_parts import Schema, ref
from wizard.catalog.models import Catalog
from wizard.catalog.questions import Files
from wizard.files.file_types import MEDIA_TYPES

READING = ("too_many_requests", "fault")
STORED = (*READING, "unavailable")
WITH_BODY = ("not_json", "malformed", "forbidden", "too_slow", "too_large", "media_type", "refused")


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
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = READING
    headers: tuple[str, ...] = ()
    """Of the answer when all is well."""
    is_cacheable: bool = False
    """The answer has an ``ETag``, by which a later one is ``304 Not Modified``."""
    for_agents: bool = False
    links: Mapping[str, Schema] = field(default_factory=dict)
    """What to call next, with what the answer holds."""


def _json(name: str, examples: Mapping[str, Any]) -> Schema:
    return {"application/json": {"schema": ref(name), "examples": examples}}


def _link(operation: str, ticket: str) -> Schema:
    return {"operationId": operation, "parameters": {"ticket": f"$response.body#/{ticket}"}}


UPLOAD: Schema = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {
                    "type": "string",
                    "format": "binary",
                    "description": "One file with its name. The answer to one that is too large names the limit.",
                }
            },
        },
        # What is found in the file decides; this says what is worth choosing.
        "encoding": {"file": {"contentType": ", ".join(dict.fromkeys(MEDIA_TYPES.values()))}},
    }
}

OPERATIONS: Mapping[str, Operation] = {
    "api.show_catalog": Operation(
        "getCatalog",
        "catalog",
        "Rules, categories and situations",
        ref("Catalog"),
        parameters=(LANGUAGE, SITE),
        problems=(*READING, "refused"),
        is_cacheable=True,
    ),
    "api.show_situation": Operation(
        "getSituation",
        "catalog",
        "The JSON Schema of a situation's answers",
        ref("AnswersSchema"),
        media_type="application/schema+json",
        parameters=(SITUATION, LANGUAGE, SITE),
        problems=(*READING, "refused", "not_found"),
        is_cacheable=True,
    ),
    "api.upload": Operation(
        "uploadAttachment",
        "reports",
        "Upload one file, to be named in a report or a follow-up",
        ref("UploadedAttachment"),
        "It is kept for 24 hours, and for as long as a ticket that names it.",
        status=201,
        body=UPLOAD,
        parameters=(FILE_QUESTION, SITE, SITE_SECRET),
        problems=(
            *STORED,
            "malformed",
            "forbidden",
            "too_slow",
            "too_large",
            "media_type",
            "refused",
            "no_room",
            "busy",
        ),
    ),
    "api.create_ticket": Operation(
        "createTicket",
        "reports",
        "Hand in a report",
        ref("AcceptedTicket"),
        "Answers are judged by the very rules of the form. 201 means that the ticket is on the disk.",
        status=201,
        parameters=(KEY, SITE_SECRET, SITE),
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
        "It joins the desk's thread. 201 means that the message is on the disk.",
        status=201,
        body=_json("FollowUpRequest", {"message": {"value": {"text": "It opens again, but slowly."}}}),
        parameters=(TOKEN, MESSAGE_KEY, SITE_SECRET, SITE),
        problems=(*STORED, *WITH_BODY, "not_found", "key_reused", "erased"),
        headers=("Location", "Idempotent-Replayed"),
    ),
    "api.assess_text": Operation(
        "assess",
        "reading",
        "Read a client's words",
        ref("Assessment"),
        "Nothing is stored.",
        body=_json("AssessRequest", {"words": {"value": {"text": "The site does not open since 9:40"}}}),
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
        parameters=(STATE, OF_SITE, OF_CATEGORY, SINCE, CURSOR, LIMIT),
        problems=(*STORED, "unauthorised", "forbidden", "refused"),
        for_agents=True,
        links={"mark": _link("markTicket", "tickets/0/number")},
    ),
    "api.mark": Operation(
        "markTicket",
        "agents",
        "Mark a ticket as taken, closed or open again, or tell the desk's number of it",
        ref("QueueEntry"),
        "Of two agents who take a ticket at once one gets it, the other is told 409. What is open can be taken, "
        "and what is closed and has an unread follow-up.",
        body=_json(
            "Mark",
            {
                "take": {"value": {"state": "taken"}},
                "close": {"value": {"state": "closed", "follow_ups": 0}},
                "number": {"value": {"desk_reference": "4711"}},
            },
        ),
        parameters=(NUMBER,),
        problems=(*STORED, *WITH_BODY, "unauthorised", "not_found", "already_taken", "follow_up_came", "erased"),
        for_agents=True,
    ),
    "api.openapi": Operation(
        "getOpenApi",
        "catalog",
        "This document",
        {"type": "object", "required": ["openapi", "info", "paths"]},
        is_cacheable=True,
    ),
}
"""The calls by their endpoints, as far as they are the same for every catalog."""


def operations(catalog: Catalog, reports: Mapping[str, Any]) -> dict[str, Operation]:
    """The calls by their endpoints. ``reports`` are examples of bodies, by the situation's name."""
    return {
        **OPERATIONS,
        "api.upload": replace(OPERATIONS["api.upload"], links=_report_with_file(catalog, reports)),
        "api.create_ticket": replace(OPERATIONS["api.create_ticket"], body=_json("TicketRequest", reports)),
    }


def _report_with_file(catalog: Catalog, reports: Mapping[str, Any]) -> dict[str, Schema]:
    """A report that names the file just uploaded: the first example whose situation takes files."""
    for name, report in reports.items():
        if any(isinstance(asked.question, Files) for asked in catalog.asked(catalog.situations[name])):
            body = {**report["value"], "attachments": ["$response.body#/id"]}
            return {"report": {"operationId": "createTicket", "requestBody": body}}
    return {}
