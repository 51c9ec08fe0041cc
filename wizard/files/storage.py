"""File storage: a folder of keys made of content. What a client called a file is data, never a path (threats U02)."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, BinaryIO

CHUNK = 1 << 20
KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
OWNER = "database"
"""Name of the file that says to which database the files belong; no key looks like it."""


def key_of(sha256: str) -> str:
    """The key of the content with a SHA-256, given in hexadecimal: its first 128 bits."""
    return sha256[:32]


class StorageFull(Exception):
    """There is no room for the file; nothing of it was stored."""


class FileStore:
    """Files under keys of 128 bits, in 256 folders below one. The same bytes have one key, and lie there once.

    A key exists only once the whole file is on the disk: a file is written beside the keys, synced, renamed, and the
    folder is synced too (threats U09). What a crash leaves behind lies under no key and is cleared by the sweeper.
    """

    def __init__(self, folder: Path, reserve: int = 0) -> None:
        """Store files in ``folder``, made at the first file, and leave ``reserve`` bytes of its disk free."""
        self._folder = folder
        self._unfinished = folder / "unfinished"
        self._reserve = reserve

    def put(self, content: bytes | IO[bytes], key: str, size: int) -> None:
        """Store a file of ``size`` bytes; when this returns, it survives a power cut.

        What lies under the key already is not written again; it only becomes as young as a new file.

        Raises:
            KeyError: the key is not one of ours.
            StorageFull: the disk, the quota or the reserve leaves no room (threats U05).
        """
        path = self._path(key)
        if not (self.holds(key, size) and _refresh(path)):
            self._write_under(path, content)
        # Of a file that another process has just renamed, too: who says "stored" must know that the name will last.
        sync_folder(path.parent)

    def holds(self, key: str, size: int) -> bool:
        """Whether a file of this size lies under a key; a broken disk may have left a shorter one, or none to be seen.

        Raises:
            KeyError: the key is not one of ours.
        """
        try:
            return self._path(key).stat().st_size == size
        except OSError:
            return False

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

    def delete(self, key: str, age: timedelta = timedelta.min) -> bool:
        """Delete the file of a key if it was stored longer ago than ``age``. Returns whether it was deleted.

        Raises:
            KeyError: the key is not one of ours.
        """
        path = self._path(key)
        if not _is_older(path, age):
            return False
        path.unlink(missing_ok=True)
        return True

    def keys_older_than(self, age: timedelta) -> Iterator[str]:
        """The keys of files stored longer ago than ``age``."""
        return (path.name for path in self._stored() if _is_older(path, age))

    def clear_unfinished(self, age: timedelta) -> None:
        """Delete what was begun longer ago than ``age`` and never finished."""
        for path in _files(self._unfinished):
            if _is_older(path, age):
                path.unlink(missing_ok=True)

    @property
    def owner_file(self) -> Path:
        """The file that says to which database the files belong."""
        return self._folder / OWNER

    def owner(self) -> str | None:
        """The id of the database that the files belong to; None when nobody has claimed them yet."""
        try:
            return self.owner_file.read_text("utf-8", errors="replace").strip() or None
        except FileNotFoundError:
            return None

    def claim(self, owner: str) -> str:
        """Write down whose the files are, unless that is written down. Returns the id of their owner.

        Raises:
            OSError: the folder cannot be written.
        """
        # Nothing is written where it is known: a full disk must not keep the service from starting.
        if known := self.owner():
            return known
        self._make_folder(self._folder)
        unfinished = self._folder / f"{OWNER}.{secrets.token_hex(4)}"
        try:
            self._write(unfinished, f"{owner}\n".encode())
            self._name_once(unfinished, self.owner_file)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(self._folder)
        return self.owner() or ""

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
        for folder in _files(self._folder):
            if len(folder.name) == 2:
                yield from (path for path in _files(folder) if KEY.fullmatch(path.name))

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)

    def _name_once(self, unfinished: Path, path: Path) -> None:
        """Give a whole file its name: of processes that start together one does, and nobody ever reads half of it."""
        try:
            with suppress(FileExistsError):
                os.link(unfinished, path)
        except OSError:
            # Some network folders have no hard links.
            if not path.exists():
                os.rename(unfinished, path)

    def _write_under(self, path: Path, content: bytes | IO[bytes]) -> None:
        # Several may be writing the same bytes: each a file of its own, of which the last one renamed stays.
        unfinished = self._unfinished / secrets.token_hex(16)
        try:
            self._make_folder(self._unfinished)
            self._make_folder(path.parent)
            self._write(unfinished, content, self._reserve)
            os.rename(unfinished, path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            if error.errno in FULL:
                raise StorageFull(error.strerror) from error
            raise
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _write(self, path: Path, content: bytes | IO[bytes], reserve: int = 0) -> None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in _chunks(content):
                if reserve and self.free_bytes() - len(chunk) < reserve:
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


def _refresh(path: Path) -> bool:
    """Make a file as young as a new one; False when it was deleted meanwhile.

    It is synced like a new one as well, so that the time this takes does not tell that somebody had sent these bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        os.utime(descriptor)
        os.fsync(descriptor)
        # Deleted since it was opened: then what has been made young is a file without a name.
        return os.fstat(descriptor).st_nlink > 0
    finally:
        os.close(descriptor)


def _is_older(path: Path, age: timedelta) -> bool:
    """Whether a file was stored longer ago than ``age``; never one that was deleted meanwhile."""
    try:
        return time.time() - path.stat().st_mtime > age.total_seconds()
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk: a rename alone may be forgotten by a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
