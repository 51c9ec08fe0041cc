"""A web process and the one that started it."""

from __future__ import annotations

import os
import threading
import time


def end_with_parent(parent: int | None = None) -> None:
    """Let this process end when the one that started it is gone, however that came to be.

    ``parent`` is that one's id, for a process that may have lost it before this is called.
    """
    parent_id = parent or os.getppid()

    def watch() -> None:
        while os.getppid() == parent_id:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
