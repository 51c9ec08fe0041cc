"""A web process and the one that started it."""

from __future__ import annotations

import os
import threading
import time


def end_with_parent() -> None:
    """Let this process end when the one that started it is gone, however that came to be."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
