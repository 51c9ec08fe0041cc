"""Every call of the API: importing a module of views hangs them on the blueprint."""

from __future__ import annotations

from wizard.api import attachments, catalog, follow_ups, openapi, origins, queue, reading, tickets
from wizard.api.blueprint import api

__all__ = ["api", "attachments", "catalog", "follow_ups", "openapi", "origins", "queue", "reading", "tickets"]
