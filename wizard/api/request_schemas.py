"""What calls may send, as JSON Schema: what bodies are compared with, and what the OpenAPI document shows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from wizard.api.answers_schema import MOST_OF_AN_OPTION
from wizard.api.bounded_validation import MOST_MEMBERS, MOST_VALUES, validator_of
from wizard.catalog.cache import cached_on_catalog
from wizard.catalog.models import Catalog
from wizard.db.models import STATES
from wizard.forms.follow_up import LONGEST_MESSAGE
from wizard.forms.parsers import FAR_TOO_LONG
from wizard.tickets.evidence import OPTIONAL_FACTS
from wizard.values.url import URL_LENGTH

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Schema = dict[str, Any]

MOST_ATTACHMENTS = 20
MOST_AS_TYPED = 100
LONGEST_NAME = 2000
"""Characters of an attachment's id."""

ATTACHMENT_ID: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_NAME,
    "description": "What POST attachments answered as id. Good for 24 hours.",
}
ATTACHMENTS: Schema = {
    "type": "array",
    "maxItems": MOST_ATTACHMENTS,
    "description": "Files uploaded before; each goes to the first question that takes its kind, or to the one named.",
    "items": {
        "anyOf": [
            ATTACHMENT_ID,
            {
                "type": "object",
                "required": ["id"],
                "properties": {"id": ATTACHMENT_ID, "question": {"type": "string", "maxLength": 80}},
                "additionalProperties": False,
            },
        ]
    },
}
ANSWER: Schema = {"type": "string", "maxLength": FAR_TOO_LONG}
OPTION: Schema = {"type": "string", "maxLength": MOST_OF_AN_OPTION}
LONGEST_REFERENCE = 80
MARK: Schema = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        "state": {
            "type": "string",
            "enum": list(STATES),
            "description": "How the ticket is marked. Any mark says that its follow-ups have been read.",
        },
        "desk_reference": {
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": LONGEST_REFERENCE,
            "pattern": "^[0-9A-Za-zА-Яа-яЁё][0-9A-Za-zА-Яа-яЁё._/:-]*$",
            "description": "The number that the help desk itself gave the ticket, without brackets and hashes; null "
            "takes it away. Follow-ups then carry the desk's tag, and the client sees it. Tickets that were merged "
            "there may have the same.",
        },
        "follow_ups": {
            "type": "integer",
            "minimum": 0,
            "description": "How many follow-ups the agent has seen: `follow_ups.count` of the queue's entry. If more "
            "have come, nothing is stored (409 follow-up-came).",
        },
    },
    "dependentRequired": {"follow_ups": ["state"]},
    "additionalProperties": False,
}
FOLLOW_UP: Schema = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {
            "type": "string",
            "maxLength": FAR_TOO_LONG,
            "description": f"The message, 1 to {LONGEST_MESSAGE} characters without the blanks around it.",
        },
        "attachments": ATTACHMENTS,
        "language": {"type": "string", "maxLength": 2, "description": "The language of the answer."},
    },
    "additionalProperties": False,
}
TICKET: Schema = {
    "type": "object",
    "required": ["situation", "answers"],
    "properties": {
        "situation": {"type": "string", "maxLength": 80, "description": "What happened."},
        "language": {"type": "string", "maxLength": 2, "description": "The language of the client."},
        "site": {
            "type": "string",
            "maxLength": 40,
            "default": "",
            "description": "Key of the site that hands in the report; it decides which inbox gets it.",
        },
        "answers": {
            "type": "object",
            "description": "By question id, as the schema of the situation says.",
            "maxProperties": MOST_MEMBERS,
            "additionalProperties": {"anyOf": [ANSWER, {"type": "array", "maxItems": MOST_VALUES, "items": OPTION}]},
        },
        "attachments": ATTACHMENTS,
        "page": {
            "type": "string",
            "maxLength": URL_LENGTH,
            "description": "Address of the page that the client was on. It is kept, and never opened.",
        },
        "evidence": {
            "type": "object",
            "description": "Facts that only the client's own device can tell.",
            "properties": {
                "screen": {
                    "type": "string",
                    "pattern": r"^\d{2,5}[x×]\d{2,5}( ?@\d(\.\d{1,2})?x?)?$",
                    "description": "Width and height in CSS pixels, and the device's pixels to one of them.",
                    "examples": ["390x844@3"],
                },
                "time_zone": {
                    "type": "string",
                    "maxLength": 100,
                    "description": "IANA name; one that does not exist is not kept.",
                    "examples": ["Asia/Yekaterinburg"],
                },
            },
            "additionalProperties": False,
        },
        "as_typed": {
            "type": "array",
            "maxItems": MOST_AS_TYPED,
            "items": {"type": "string", "maxLength": 80},
            "description": "Ids of the questions whose answers are to be accepted as typed. In all others, what looks "
            "like a password, a key or a code becomes `***`, and `advice` says so (`masked`).",
        },
        "leave_out": {
            "type": "array",
            "maxItems": len(OPTIONAL_FACTS),
            "items": {"type": "string", "enum": list(OPTIONAL_FACTS)},
            "description": "Captured facts to be left out: a server that hands in for somebody else is not "
            "where the problem is.",
        },
    },
    "additionalProperties": False,
}
"""What is the same for every catalog."""


def ticket_request(catalog: Catalog) -> Schema:
    """The body of ``POST tickets``. What ``answers`` may hold is the schema of the situation."""
    own = {
        "situation": {"type": "string", "enum": list(catalog.situations), "description": "What happened."},
        "language": _language(catalog),
    }
    return {**TICKET, "properties": {**TICKET["properties"], **own}}


def assess_request(catalog: Catalog) -> Schema:
    """The body of ``POST assess``."""
    return {
        "type": "object",
        "required": ["text"],
        "properties": {
            "text": {"type": "string", "maxLength": FAR_TOO_LONG, "description": "What a client wrote."},
            "subject": {"type": "string", "maxLength": 1000, "description": "Subject of the letter, if it was one."},
            "situation": {"type": "string", "enum": list(catalog.situations)},
            "language": _language(catalog),
        },
        "additionalProperties": False,
    }


@cached_on_catalog
def ticket_validator(catalog: Catalog, asks_consent: bool) -> Validator:
    """What compares the body of ``POST tickets``; its answers are judged by their situation afterwards."""
    schema = ticket_request(catalog)
    schema["properties"]["answers"] = {"type": "object", "maxProperties": MOST_MEMBERS}
    if asks_consent:
        # Imported here: nobody pays for a consent that is not asked for.
        from wizard.api.consent import GIVEN

        # One that is missing is told apart from other faults, by what the problem says of the text.
        schema["properties"]["consent"] = GIVEN
    return validator_of(schema)


@cache
def follow_up_validator() -> Validator:
    """What compares the body of ``POST tickets/{token}/follow-ups``."""
    return validator_of(FOLLOW_UP)


@cache
def mark_validator() -> Validator:
    """What compares the body of ``PATCH tickets/{number}``."""
    return validator_of(MARK)


@cached_on_catalog
def assess_validator(catalog: Catalog) -> Validator:
    """What compares the body of ``POST assess``."""
    return validator_of(assess_request(catalog))


def _language(catalog: Catalog) -> Schema:
    return {"type": "string", "enum": list(catalog.languages), "description": "The language of the client."}
