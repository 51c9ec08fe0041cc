"""A web process and the one that started it."""

from __future__ import annotations

import os
import threading
import time


def end_with_parent(known: int | None = None) -> None:
    """Let this process end when the one that started it is gone, however that came to be.

    ``known`` is that one's id, for a process that may have lost it before this is called.
    """
    parent = known or os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
