"""What calls answer, as JSON Schema: the components of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from wizard.api.problems import STATUS, type_of
from wizard.api.request_schemas import ATTACHMENT_ID, FOLLOW_UP, MARK, assess_request, ticket_request
from wizard.api.schema_parts import (
    ADDRESS,
    FLAG,
    MOMENT,
    MOMENT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    Schema,
    many,
    members,
    ref,
)
from wizard.api.ticket_json_schemas import ticket_json_schemas
from wizard.catalog.models import Catalog
from wizard.db.models import STATES
from wizard.tickets.ticket_json import Version

NUMBER_OR_NULL: Schema = {"type": ["integer", "null"], "description": "null under NUMBERING=desk."}
RULE: Schema = {"type": ["string", "null"], "description": "Id of the rule that puts the ticket on the fast track."}
PRIORITY: Schema = {"type": "string", "enum": ["high", "normal", "low"]}
ONE_STATE: Schema = {"type": "string", "enum": list(STATES)}
DESK_REFERENCE: Schema = {
    "type": ["string", "null"],
    "description": "The number that the help desk itself gave it; null while nobody told.",
}


def components(catalog: Catalog, version: Version) -> dict[str, Schema]:
    """Every named schema of the document, with that of ``ticket.json`` in the version that is in use."""
    return {
        "Problem": PROBLEM,
        "Catalog": CATALOG,
        "AnswersSchema": ANSWERS_SCHEMA,
        "Attachment": ATTACHMENT,
        "UploadedAttachment": UPLOADED,
        "TicketRequest": ticket_request(catalog),
        "AcceptedTicket": ACCEPTED,
        "Ticket": TICKET,
        "FollowUpRequest": FOLLOW_UP,
        "FollowUp": FOLLOWED_UP,
        "AssessRequest": assess_request(catalog),
        "Assessment": ASSESSMENT,
        "Evidence": EVIDENCE,
        "Queue": QUEUE,
        "QueueEntry": ENTRY,
        "Mark": MARK,
        **ticket_json_schemas(version),
    }


PROBLEM = members(
    "A problem (RFC 9457). `errors` holds what to say, by question id or by the name of a member; `suggested` what may "
    "be offered in blank inputs.",
    optional=("detail", "errors", "suggested"),
    type={
        "type": "string",
        "format": "uri-reference",
        "enum": [type_of(kind) for kind in STATUS],
        "description": "Never changes. It leads to a page that explains it.",
    },
    title={"type": "string", "description": "In the language that was asked for."},
    status={"type": "integer", "enum": sorted(set(STATUS.values()))},
    detail=TEXT,
    errors={"type": "object", "additionalProperties": {"type": "array", "minItems": 1, "items": TEXT}},
    suggested={"type": "object", "additionalProperties": TEXT},
)

_SITUATION = members(id=TEXT, label=TEXT, hint=TEXT_OR_NULL, schema=ADDRESS, url=ADDRESS)
CATALOG = members(
    "All that can be reported, in one language.",
    id=TEXT,
    version={"type": "integer", "minimum": 1},
    language=TEXT,
    languages=many(TEXT),
    time_zone={"type": "string", "description": "The IANA zone in which times without an offset are meant."},
    title={"type": "string", "description": "The desk's name."},
    politeness={"type": "string", "description": "What clients are reminded of before they send."},
    rules=many(members(id=TEXT, text=TEXT, in_short=TEXT_OR_NULL, items=many(members(id=TEXT, text=TEXT)))),
    fast_track_rules=many(members(id=TEXT, text=TEXT), "What is handled out of turn."),
    categories=many(members(id=TEXT, label=TEXT, hint=TEXT_OR_NULL, situations=many(_SITUATION))),
)
ANSWERS_SCHEMA: Schema = {
    "type": "object",
    "description": "A JSON Schema (2020-12) of `answers`. Answers are compared with it after clean-up: white space "
    "around them dropped, blank ones left out. `x-attachments` tells which files the situation takes.",
    "required": ["$id", "$schema", "title", "type", "properties", "required", "additionalProperties", "x-attachments"],
    "properties": {"$schema": {"const": "https://json-schema.org/draft/2020-12/schema"}, "$id": ADDRESS},
}

_FILE: dict[str, Any] = {
    "name": {"type": "string", "description": "Cleaned, with the ending of the kind that was found."},
    "type": {"type": "string", "description": "Media type, found by content."},
    "size": {"type": "integer", "minimum": 1, "description": "Bytes, as kept: pictures are drawn anew."},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
ATTACHMENT = members("A file of a ticket.", **_FILE)
UPLOADED = members("A file that waits for its ticket.", id=ATTACHMENT_ID, **_FILE)

_ADVICE = members(
    "Something worth telling the client once. It never stops a report.",
    kind={
        "type": "string",
        "description": "`vague`, `lead`, `typo`, `masked`, `secret`, `several`, `rude` …",
    },
    text=TEXT,
    question=TEXT_OR_NULL,
    situation={"type": ["string", "null"], "description": "The situation to which the answers rather belong."},
    url={"type": ["string", "null"], "format": "uri"},
)
ACCEPTED = members(
    "An accepted report. The ticket and the mail owed for it are on the disk.",
    number=NUMBER_OR_NULL,
    tag={"type": ["string", "null"], "description": "What keeps the mail together, such as `[##123456##]`."},
    receipt={"type": ["string", "null"], "description": "The receipt code under NUMBERING=desk."},
    token={"type": "string", "description": "Opens the ticket. Whoever has it can read the ticket."},
    url={"type": "string", "format": "uri", "description": "The ticket's page."},
    fast_track=FLAG,
    fast_track_rule=RULE,
    priority=PRIORITY,
    advice=many(_ADVICE),
)
_DELIVERY = members(
    "A letter to the desk.",
    kind={"type": "string", "enum": ["desk", "follow_up"]},
    follow_up={"type": ["integer", "null"], "description": "Which follow-up it is about."},
    state={"type": "string", "enum": ["owed", "sent", "failed"]},
    created_at=MOMENT,
    sent_at=MOMENT_OR_NULL,
    attempts={"type": "integer", "minimum": 0},
    reason={"type": ["string", "null"], "description": "The mail server's reply code, or the kind of failure."},
)
FOLLOWED_UP = members(
    "A further message.",
    position={"type": "integer", "minimum": 1},
    text=TEXT,
    created_at=MOMENT,
    attachments=many(ref("Attachment")),
)
TICKET = members(
    "A ticket as its reporter sees it.",
    number=NUMBER_OR_NULL,
    tag=TEXT_OR_NULL,
    receipt=TEXT_OR_NULL,
    desk_reference=DESK_REFERENCE,
    url=ADDRESS,
    created_at=MOMENT,
    erased_at={
        **MOMENT_OR_NULL,
        "description": "When its words, files and addresses were erased; null before. Then nothing can be added, "
        "and of the lists only what was sent is left.",
    },
    site=TEXT,
    language=TEXT,
    category=TEXT,
    situation=TEXT,
    label={"type": "string", "description": "Category and situation in words, in the language of the report."},
    state=ONE_STATE,
    state_at=MOMENT_OR_NULL,
    fast_track=FLAG,
    fast_track_rule=RULE,
    queue_reason={"type": "string", "description": "Why it stands in this queue, in the language of the report."},
    priority=PRIORITY,
    attachments=many(ref("Attachment")),
    deliveries=many(_DELIVERY),
    follow_ups=many(ref("FollowUp")),
)
ENTRY = members(
    "A ticket as agents see it.",
    number={
        "type": "integer",
        "description": "By which the ticket is marked, under NUMBERING=desk too; its receipt code serves as well.",
    },
    state=ONE_STATE,
    state_by={
        "type": ["string", "null"],
        "description": "Name of the agent who marked it last; null before, and once its client has reopened it.",
    },
    state_at=MOMENT_OR_NULL,
    desk_reference=DESK_REFERENCE,
    unread_follow_up={
        "type": ["string", "null"],
        "enum": ["verified", "unverified", None],
        "description": "A follow-up came since an agent last marked the ticket. `verified`: by the ticket's own page; "
        "it reopens a closed ticket. `unverified`: by somebody who knew number and address; a closed ticket stays so.",
    },
    follow_ups=members(
        "How many there are, those among them whose letters are held.",
        count={"type": "integer", "minimum": 0},
        last_at=MOMENT_OR_NULL,
    ),
    ticket={
        "anyOf": [ref("TicketJson"), {"type": "null"}],
        "description": "The ticket.json that came with the desk's letter; `similar` is null. null where this version "
        "cannot read what another one stored: then the letter has it as it is stored.",
    },
)
QUEUE = members(
    "Fast track first, then priority, then arrival.",
    tickets=many(ref("QueueEntry")),
    next={"type": ["string", "null"], "description": "Pass it as `cursor` for the next page; null on the last one."},
)
ASSESSMENT = members(
    "What a text says and lacks. Nothing of it decides the queue, nothing stops a report.",
    vague=FLAG,
    ask={"type": ["string", "null"], "description": "The one question to ask back."},
    polite=FLAG,
    several_questions=FLAG,
    ticket_numbers=many(TEXT),
    continues_ticket={"type": ["boolean", "null"], "description": "null when the text names no ticket."},
    secrets=many(
        members(
            kind={"type": "string", "enum": ["card", "password", "license_key", "token"]},
            start={"type": "integer", "minimum": 0, "description": "In code points from the beginning of the text."},
            end={"type": "integer", "minimum": 0},
        )
    ),
    has_error_text=FLAG,
    has_bounce_text=FLAG,
    suggestions=many(
        members(
            situation=TEXT,
            category=TEXT,
            label=TEXT,
            score={"type": "number", "minimum": 0, "maximum": 1},
            url=ADDRESS,
        ),
        "The situations that the text may be about, the likeliest first.",
    ),
)
EVIDENCE = members(
    "What the server sees of the caller. `public_ip` is null for an address that means nothing outside its network.",
    ip=TEXT_OR_NULL,
    public_ip=TEXT_OR_NULL,
    browser=TEXT_OR_NULL,
    os=TEXT_OR_NULL,
    time=MOMENT,
)
