"""What JSON Schemas of calls, answers and webhooks are put together from."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
ADDRESS: Schema = {"type": "string", "format": "uri"}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def members(description: str = "", *, optional: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """An object that has these members, all of them unless named as optional, and no others."""
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


def many(items: Schema, description: str = "") -> Schema:
    """An array."""
    return {"type": "array", **({"description": description} if description else {}), "items": items}
