"""File storage: a folder of random keys. What a client called a file is data and never a path (threats U02)."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, BinaryIO

CHUNK = 1 << 20
KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StorageFull(Exception):
    """There is no room for the file; nothing of it was stored."""


class FileStore:
    """Files under keys of 128 random bits, in 256 folders below one.

    A key exists only once the whole file is on the disk: a file is written beside the keys, synced, renamed, and the
    folder is synced too (threats U09). What a crash leaves behind lies under no key and is cleared by the sweeper.
    """

    def __init__(self, folder: Path, reserve: int = 0) -> None:
        """Store files in ``folder``, made at the first file, and leave ``reserve`` bytes of its disk free."""
        self._folder = folder
        self._unfinished = folder / "unfinished"
        self._reserve = reserve

    def put(self, content: bytes | IO[bytes]) -> str:
        """Store a file; when this returns, it survives a power cut. Returns its key.

        Raises:
            StorageFull: the disk, the quota or the reserve leaves no room (threats U05).
        """
        key = secrets.token_hex(16)
        path = self._path(key)
        unfinished = self._unfinished / key
        try:
            self._make_folder(self._unfinished)
            self._make_folder(path.parent)
            self._write(unfinished, content)
            os.rename(unfinished, path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            if error.errno in FULL:
                raise StorageFull(error.strerror) from error
            raise
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
        return key

    def open(self, key: str) -> BinaryIO:
        """The file of a key, to be read.

        Raises:
            KeyError: there is none, or the key is not one of ours.
        """
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise KeyError(key) from None

    def path(self, key: str) -> Path:
        """Where the file of a key lies, if there is one.

        Raises:
            KeyError: the key is not one of ours.
        """
        return self._path(key)

    def read(self, key: str) -> bytes:
        """The content of a key.

        Raises:
            KeyError: there is none, or the key is not one of ours.
        """
        with self.open(key) as file:
            return file.read()

    def delete(self, key: str) -> None:
        """Delete the file of a key; it may be deleted already.

        Raises:
            KeyError: the key is not one of ours.
        """
        self._path(key).unlink(missing_ok=True)

    def keys_older_than(self, age: timedelta) -> list[str]:
        """The keys of files written longer ago than ``age``. Unfinished files of that age are cleared away."""
        limit = time.time() - age.total_seconds()
        for path in _files(self._unfinished):
            if _modified_at(path) < limit:
                path.unlink(missing_ok=True)
        return [path.name for path in self._stored() if _modified_at(path) < limit]

    def all_keys(self) -> Iterator[str]:
        """The keys of all files, however young."""
        return (path.name for path in self._stored())

    def free_bytes(self) -> int:
        """What the disk still has for this user, in bytes."""
        existing = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        return shutil.disk_usage(existing).free

    def _path(self, key: str) -> Path:
        # Whatever reaches this from outside, only a name of our own shape becomes a path.
        if not KEY.fullmatch(key):
            raise KeyError(key)
        return self._folder / key[:2] / key

    def _stored(self) -> Iterator[Path]:
        folders = self._folder.iterdir() if self._folder.is_dir() else iter(())
        for folder in folders:
            if len(folder.name) == 2:
                yield from (path for path in _files(folder) if KEY.fullmatch(path.name))

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)

    def _write(self, path: Path, content: bytes | IO[bytes]) -> None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in _chunks(content):
                if self._reserve and self.free_bytes() - len(chunk) < self._reserve:
                    raise OSError(errno.ENOSPC, "the reserve of the disk is reached")
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())


def _chunks(content: bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield from (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
        return
    while chunk := content.read(CHUNK):
        yield chunk


def _files(folder: Path) -> Iterator[Path]:
    return folder.iterdir() if folder.is_dir() else iter(())


def _modified_at(path: Path) -> float:
    """When a file was written; "just now" for one that was deleted meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk: a rename alone may be forgotten by a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
