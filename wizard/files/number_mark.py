"""The number mark: the last ticket number that was given, held outside the database (threats L08).

A database that lost its end, or was replaced by an older copy, does not know that it did: it would give numbers again.
The mark lies with the files, which are shared by all who share the database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.files.storage import sync_folder

SYNC_EVERY = 100
"""Numbers from one sync to the next. A power cut may set the mark back by so many, and by those in flight."""

_WIDTH = 20
# One write of a fixed length into one sector: a reader sees the number before or the number after.


class NumberMark:
    """The file that holds the mark. Several processes and machines may raise it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> int:
        """The mark; 0 when there is none, or none that can be read.

        Raises:
            OSError: the folder cannot be read.
        """
        try:
            return _number_in(self._path.read_bytes()[:_WIDTH])
        except FileNotFoundError:
            return 0

    def raise_to(self, number: int) -> None:
        """Set the mark to ``number`` unless it is as high already. Takes some microseconds but at each block's end.

        Raises:
            OSError: it cannot be written.
        """
        with self._opened() as file:
            before = _raise(file, number)
            # Without the lock: nobody waits for a slow disk but the one whose number ends a block.
            if before // SYNC_EVERY < number // SYNC_EVERY:
                os.fsync(file)
        if not before:
            sync_folder(self._path.parent)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        # Opened anew each time: processes that were forked would share a lock together with an open file.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            file = os.open(self._path, flags, 0o600)
        except FileNotFoundError:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._path, flags, 0o600)
        try:
            yield file
        finally:
            os.close(file)


def _raise(file: int, number: int) -> int:
    """Write the number if it is higher than what stands there. Returns what stood there."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        before = _number_in(os.pread(file, _WIDTH, 0))
        if before < number:
            os.pwrite(file, f"{number:<{_WIDTH - 1}}\n".encode(), 0)
        return before
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _number_in(content: bytes) -> int:
    text = content.strip()
    return int(text) if text.isdigit() else 0
