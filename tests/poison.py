"""Poison: a letter with that word in it aborts the process that composes it."""

from __future__ import annotations

import os
from typing import Any

from wizard.outbox import email_delivery


def abort_at_poison() -> None:
    """From now on, in this process and in those that it forks."""
    compose = email_delivery.compose_desk_letter

    def compose_or_abort(snapshot: Any, *arguments: Any, **named: Any) -> Any:
        if "poison" in repr(snapshot):
            os.abort()
        return compose(snapshot, *arguments, **named)

    email_delivery.compose_desk_letter = compose_or_abort
