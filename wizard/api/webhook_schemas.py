"""What webhooks send to sites, for the OpenAPI document (``docs/webhooks.md``)."""

from __future__ import annotations

from typing import Any, get_args

from wizard.api.schema_parts import FLAG, MOMENT, TEXT, TEXT_OR_NULL, Schema, many, members, ref
from wizard.config.webhook import DELIVERY_FAILED, TICKET_CREATED, TICKET_FOLLOW_UP, Event

_TICKET: dict[str, Any] = {
    "number": {"type": ["integer", "null"], "description": "null under NUMBERING=desk."},
    "receipt": TEXT_OR_NULL,
    "site": TEXT,
}
_DATA: dict[Event, Schema] = {
    TICKET_CREATED: {**ref("TicketJson"), "description": "The ticket as ticket.json has it."},
    TICKET_FOLLOW_UP: members(
        **_TICKET,
        position={"type": "integer", "minimum": 1},
        text=TEXT,
        attachments=many(ref("Attachment")),
        verified={**FLAG, "description": "Whether it came by the ticket's token, not by number and address."},
    ),
    DELIVERY_FAILED: members(
        **_TICKET,
        kind={"type": "string", "enum": ["desk", "follow_up", "acknowledgement"]},
        follow_up={"type": "integer", "minimum": 0},
        recipient=TEXT,
        attempts={"type": "integer", "minimum": 0},
        reason={"type": "string", "description": "What the mail server said."},
    ),
}
_WHEN: dict[Event, str] = {
    TICKET_CREATED: "A report was accepted",
    TICKET_FOLLOW_UP: "A further message was added to a ticket",
    DELIVERY_FAILED: "A letter will not be tried again",
}
_HEADERS = {
    "webhook-id": "One for an event and all its tries: what came twice has the same.",
    "webhook-timestamp": "Seconds since 1970, of this try.",
    "webhook-signature": "One or more signatures of the scheme of Standard Webhooks, separated by spaces.",
}


def webhooks() -> dict[str, Any]:
    """The calls that a site's endpoint gets, by event."""
    return {event: {"post": _call(event)} for event in get_args(Event)}


def _call(event: Event) -> dict[str, Any]:
    body = members(type={"type": "string", "const": event}, timestamp=MOMENT, data=_DATA[event])
    return {
        "operationId": "on" + "".join(word.capitalize() for word in event.replace(".", "_").split("_")),
        "tags": ["webhooks"],
        "summary": _WHEN[event],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": TEXT, "description": description}
            for name, description in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "It was taken."},
            "410": {"description": "The endpoint is gone for good: nobody calls again about this event."},
            "default": {"description": "Later: it is called again for five days."},
        },
    }
