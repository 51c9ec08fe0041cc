"""The hourly work of a worker: everything that is past its retention, in database, files and local mailbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from wizard.container import Container
from wizard.intake import retention
from wizard.privacy.local_letters import LocalLetters


def sweep(container: Container, now: datetime) -> bool:
    """Delete what is past its retention. Whether there is more than one sweep does. Needs the app's context."""
    is_more = retention.sweep(container, now)
    letters = LocalLetters(container)
    letters.delete_of_erased_tickets()
    if days := container.settings.retention_ticket_days:
        letters.delete_older_than(now - timedelta(days=days))
    return is_more
