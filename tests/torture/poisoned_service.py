"""``app.py`` whose worker aborts as soon as it composes a letter with the word "poison" in it."""

from __future__ import annotations

import os
from typing import Any

import app
from wizard.outbox import email_delivery

_compose = email_delivery.compose_desk_letter


def _abort_at_poison(snapshot: Any, *arguments: Any) -> Any:
    if "poison" in repr(snapshot):
        os.abort()
    return _compose(snapshot, *arguments)


email_delivery.compose_desk_letter = _abort_at_poison

if __name__ == "__main__":
    app.main()
