"""Slots: all web processes of a machine together read no more files at a time than it has processors."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COUNT = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
POLL = 0.05
"""Seconds between two looks for a free one; with no more web processes than processors one is free at once."""


@contextmanager
def slot(folder: Path) -> Iterator[None]:
    """Hold one of the slots, once one is free: a lock on a file, which ends with its process, however that ends."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while (file := _free(folder)) is None:
            time.sleep(POLL)
    except OSError:
        # A full disk. Files cannot be stored either; they get their refusal sooner without a slot.
        yield
        return
    try:
        yield
    finally:
        os.close(file)


def _free(folder: Path) -> int | None:
    for number in range(COUNT):
        file = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
        else:
            return file
    return None
