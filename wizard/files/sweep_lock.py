"""The sweep lock: while somebody copies the files, none is deleted."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SweepLock:
    """A lock on a file in the folder of files. It ends with the process that holds it, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def copying(self) -> Iterator[None]:
        """Let no file be deleted meanwhile. Waits for a sweep that is under way; several may copy at once."""
        with self._opened() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    @contextmanager
    def deleting(self) -> Iterator[bool]:
        """Whether files may be deleted now: nobody copies them, and nobody begins to."""
        with self._opened() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextmanager
    def _opened(self) -> Iterator[int]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield file
        finally:
            os.close(file)
