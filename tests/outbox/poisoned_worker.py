"""``flask outbox run`` whose process aborts as soon as it composes a letter with the word "poison" in it."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any

from flask.cli import main

from wizard.outbox import crashes, email_delivery

_compose = email_delivery.compose_desk_letter


def _abort_at_poison(snapshot: Any, *arguments: Any) -> Any:
    if "poison" in repr(snapshot):
        os.abort()
    return _compose(snapshot, *arguments)


email_delivery.compose_desk_letter = _abort_at_poison
crashes.PAUSE = timedelta(seconds=0.2)

if __name__ == "__main__":
    sys.argv = ["flask", "--app", "app", "outbox", "run"]
    main()
