"""``app.py``, or its web process (``web PORT``) or worker (``outbox``) alone, with hourly work done every second.

The two alone run under libfaketime 0.9.10: its lock does not survive a fork, and where the monotonic clock is left
alone it lets ``time.sleep`` fail.
"""

from __future__ import annotations

import select
import sys
import time


def _sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


time.sleep = _sleep

import app  # noqa: E402
from wizard.outbox import worker  # noqa: E402
from wizard.serve.listeners import open_listeners  # noqa: E402
from wizard.serve.roles import answer_requests, work_outbox  # noqa: E402

worker.HOUR = worker.SOON = 1.0


def main() -> None:
    """Run what the arguments name."""
    role, *rest = [*sys.argv[1:], ""]
    if role == "web":
        answer_requests(app.create_app(), open_listeners("127.0.0.1", int(rest[0]), 1)[0])
    elif role == "outbox":
        work_outbox(app.create_app())
    else:
        app.main()


if __name__ == "__main__":
    main()
