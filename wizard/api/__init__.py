"""The JSON API: everything the form can do, for programs (design.md, section 5)."""

from wizard.api import attachments, catalog, follow_ups, openapi, origins, queue, reading, tickets
from wizard.api.blueprint import PREFIX, api
from wizard.api.docs import api_docs
from wizard.api.problems import problem_of

__all__ = [
    "PREFIX",
    "api",
    "api_docs",
    "attachments",
    "catalog",
    "follow_ups",
    "openapi",
    "origins",
    "problem_of",
    "queue",
    "reading",
    "tickets",
]
