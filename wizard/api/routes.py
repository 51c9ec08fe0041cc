"""Every call of the API: importing a module of views hangs them on the blueprint."""

from __future__ import annotations

from wizard.api import assess, attachments, catalog, cors, follow_ups, marks, openapi, queue, tickets
from wizard.api.blueprint import api

__all__ = ["api", "assess", "attachments", "catalog", "cors", "follow_ups", "marks", "openapi", "queue", "tickets"]
