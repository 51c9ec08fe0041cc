"""The lock file of a worker process: held for as long as the process lives, however it ends.

``flock`` belongs to the open file: the kernel lets go of it when the process dies, be it by SIGKILL. Whoever gets the
lock of another worker's file therefore knows that this worker is dead.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = "workers"
"""In the instance folder."""

_held: weakref.WeakSet[WorkerLock] = weakref.WeakSet()


class WorkerLock:
    """Holds ``folder/name`` from its making to ``release``, or to the end of the process.

    Raises:
        OSError: the folder cannot be written, or its file system has no locks.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.path = folder / name
        self._descriptor = _lock_own(self.path)
        _held.add(self)

    def release(self) -> None:
        """Say that this worker ended well: the file goes, and nobody needs to look after what it held."""
        self.path.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """Close the file. A process that was forked does so at once, or the lock would outlive the worker in it."""
        _held.discard(self)
        os.close(self._descriptor)


@contextmanager
def locks_of_dead_workers(folder: Path) -> Iterator[list[str]]:
    """The names of workers that died. Their files are deleted at the end, unless an exception says to come back."""
    taken = {path: lock for path in _files(folder) if (lock := _try_lock(path)) is not None}
    try:
        yield [path.name for path in taken]
        for path in taken:
            path.unlink(missing_ok=True)
    finally:
        for lock in taken.values():
            os.close(lock)


def _files(folder: Path) -> list[Path]:
    own = {lock.path for lock in _held}
    return [path for path in sorted(folder.glob("*")) if path not in own] if folder.is_dir() else []


def _lock_own(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Between the two lines another worker may have taken the file for that of a dead one, and deleted it.
            if _is_still(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _try_lock(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_still(path, descriptor):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether an open file is the one that stands under its name."""
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _forget_all() -> None:
    for lock in list(_held):
        lock.forget()


os.register_at_fork(after_in_child=_forget_all)
