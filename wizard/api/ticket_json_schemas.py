"""The published schemas of ``ticket.json``, as components of the OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wizard.api.schema_parts import Schema
from wizard.tickets.ticket_json import Version

_TICKETS = Path(__file__).parents[1] / "tickets"
TICKET_JSON: dict[Version, Path] = {1: _TICKETS / "ticket.v1.schema.json", 2: _TICKETS / "ticket.schema.json"}
"""The published schemas of ``ticket.json``, by version."""


def ticket_json_schemas(version: Version) -> dict[str, Schema]:
    """The published schema of ``ticket.json``, its parts as components beside the others."""
    whole = json.loads(TICKET_JSON[version].read_text("utf-8"))
    parts = whole.pop("$defs", {})
    for name in ("$schema", "$id"):
        whole.pop(name, None)
    named = {"TicketJson": whole, **{_component(name): part for name, part in parts.items()}}
    return {name: _with_component_refs(schema) for name, schema in named.items()}


def _component(part: str) -> str:
    return "TicketJson" + "".join(word.capitalize() for word in part.split("_"))


def _with_component_refs(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_component_refs(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"#/components/schemas/{_component(value.rpartition('/')[2])}"
        if key == "$ref"
        else _with_component_refs(value)
        for key, value in node.items()
    }
