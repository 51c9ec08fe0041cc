"""A process that ends with its parent, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def end_with(parent: int) -> None:
    """Let the kernel kill this process when ``parent`` is gone; it may be gone already (threats L07).

    The kernel goes by the thread that made this process: with it, the process ends too.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """How ``ps -o comm``, `top` and `pgrep` tell this process apart; fifteen characters of it are seen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode())


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
