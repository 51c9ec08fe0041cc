"""The parameters of the calls as data: where each stands, what it may be, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from wizard.api.idempotency_key import LONGEST, SHORTEST
from wizard.api.queue import MOST_ON_A_PAGE, ON_A_PAGE, QUEUE_STATES
from wizard.api.schema_parts import TEXT, Schema
from wizard.catalog.models import Catalog
from wizard.catalog.questions import Files
from wizard.db.ticket_names import LARGEST_NUMBER


@dataclass(frozen=True)
class Parameter:
    """One parameter of a call."""

    name: str
    place: Literal["path", "query", "header"]
    schema: Schema
    description: str
    one_of: Callable[[Catalog], Iterable[str]] | None = None
    """The values that a catalog allows; without it the schema says all."""

    def described(self, catalog: Catalog) -> Schema:
        """The parameter as the OpenAPI document has it."""
        return {
            "name": self.name,
            "in": self.place,
            "required": self.place == "path",
            "schema": {**self.schema, "enum": list(self.one_of(catalog))} if self.one_of else self.schema,
            "description": self.description,
        }


LANGUAGE = Parameter("language", "query", TEXT, "The language of the answer.", lambda catalog: catalog.languages)
SITE = Parameter("site", "query", TEXT, "Key of the site whose page calls: only its origins may.")
SITUATION = Parameter("situation", "path", TEXT, "The situation's id.", lambda catalog: catalog.situations)
FILE_QUESTION = Parameter(
    "question",
    "query",
    TEXT,
    "The question that the file answers: only its kinds are taken.",
    lambda catalog: (question.id for question in catalog.questions.values() if isinstance(question, Files)),
)
TOKEN = Parameter("ticket", "path", {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}, "The ticket's token.")
A_KEY: Schema = {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST, "pattern": "^[!-~]+$"}
KEY = Parameter(
    "Idempotency-Key",
    "header",
    A_KEY,
    # No example of its own: where a page fills it in, the second report that is tried would be a 409.
    "A new one for each report, best a random UUID like `8e03978e-40d5-43dd-bc93-6894a57f9324`: the same key "
    "and body are the same ticket for 24 hours; if others could guess it, from the same address only. Without it a "
    "report from the same address is known by its content for ten minutes, if it says where the answer goes.",
)
MESSAGE_KEY = Parameter(
    "Idempotency-Key",
    "header",
    A_KEY,
    "A new one for each message, best a random UUID: the same key and body are the same message for 24 hours. "
    "Without it a message from the same address is known by its content for ten minutes.",
)

SITE_SECRET = Parameter(
    "X-Site-Secret",
    "header",
    TEXT,
    "One of the secrets of the site: by it its own server is known, whose reports have no budget. Not for pages.",
)
NUMBER = Parameter(
    "ticket",
    "path",
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER},
            {"type": "string", "minLength": 1, "maxLength": 40},
        ]
    },
    "The ticket's number in the queue, or its receipt code.",
)
STATE = Parameter(
    "state",
    "query",
    {"type": "string", "enum": list(QUEUE_STATES)},
    "How they are marked; without it all that is to be worked on: the open ones, and closed ones with an unverified "
    "follow-up that nobody has read. Those whose letter to the desk is held are open and not among them: `held` lists "
    "them.",
)
OF_SITE = Parameter("site", "query", TEXT, "Key of a site; empty for reports without one.")
OF_CATEGORY = Parameter(
    "category", "query", TEXT, "Id of a category.", lambda catalog: (category.id for category in catalog.categories)
)
SINCE = Parameter(
    "since",
    "query",
    {"type": "string", "examples": ["2026-11-23T09:40:00+03:00", "2026-11-23"]},
    "Accepted at this moment or later (ISO 8601; without an offset in the catalog's zone).",
)
CURSOR = Parameter("cursor", "query", TEXT, "What the page before answered as `next`.")
LIMIT = Parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE, "default": ON_A_PAGE},
    "Tickets on a page.",
)
