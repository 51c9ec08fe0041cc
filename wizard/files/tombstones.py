"""Tombstones: what was erased, held outside the database, so that an older copy of it does not bring it back.

One line each, only ever added, in a file beside the number mark. A ticket is named by its number and its thread code,
which no other ticket has; an address by a keyed digest. Both say when.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wizard.files.storage import CHUNK, sync_folder
from wizard.values.datetimes import iso_utc

_TICKET = re.compile(rb"ticket ([0-9]{1,19}) ([0-9A-Z]{10}) (\S{20,40})")
_ADDRESS = re.compile(rb"address ([0-9a-f]{32}) ([0-9a-f]{64}) (\S{20,40})")


@dataclass(frozen=True)
class TicketTombstone:
    """A ticket that was erased."""

    number: int
    code: str
    """Its thread code (``tickets.thread_code``): a number may be given again by a database that lost its end."""
    at: datetime

    def line(self) -> str:
        """As it stands in the file."""
        return f"ticket {self.number} {self.code} {iso_utc(self.at)}"


@dataclass(frozen=True)
class AddressTombstone:
    """An e-mail address all of whose tickets were erased that had been accepted by then."""

    key: str
    digest: str
    at: datetime

    @classmethod
    def of(cls, mailbox: str, key: str, at: datetime) -> AddressTombstone:
        """The tombstone of a canonical mailbox (``values.email.canonical_mailbox``)."""
        return cls(key, _keyed_digest(key, mailbox), at)

    def is_of(self, mailbox: str) -> bool:
        """Whether this canonical mailbox was erased."""
        return hmac.compare_digest(_keyed_digest(self.key, mailbox), self.digest)

    def line(self) -> str:
        """As it stands in the file."""
        return f"address {self.key} {self.digest} {iso_utc(self.at)}"


Tombstone = TicketTombstone | AddressTombstone


class Tombstones:
    """The file that holds them. Several processes and machines may add to it, one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def opened(self) -> Iterator[OpenTombstones]:
        """The file, kept from everybody else. Whoever erases holds it until the database has followed."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield OpenTombstones(file, self.path.parent)
        finally:
            os.close(file)

    def read(self) -> bytes:
        """All that stands in the file; nothing when there is none."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""

    def merge(self, content: bytes) -> None:
        """Add the lines of another such file that this one lacks. None is ever lost to an older file."""
        if content:
            with self.opened() as file:
                known = set(file.content.splitlines())
                file.add_lines([line.decode() for line in content.splitlines() if line not in known and _parsed(line)])


class OpenTombstones:
    """The file while this process alone has it."""

    def __init__(self, file: int, folder: Path) -> None:
        self._file, self._folder = file, folder
        self.content = b"".join(iter(lambda: os.read(file, CHUNK), b""))

    def address_key(self) -> str:
        """The key of this file's digests of addresses, random and of its own: neither the rotation of the secret key
        nor another machine makes them void. It stands beside them: they are to be no list of addresses, and no secret
        to whoever guesses one.
        """
        match = _ADDRESS.search(self.content)
        return match[1].decode() if match else secrets.token_hex(16)

    def add(self, tombstones: Iterable[Tombstone]) -> None:
        """Add tombstones. When this returns, they survive a power cut.

        Raises:
            OSError: they could not be written; then nothing is to be erased.
        """
        self.add_lines([tombstone.line() for tombstone in tombstones])

    def add_lines(self, lines: Sequence[str]) -> None:
        """The same with finished lines."""
        if not lines:
            return
        # Half a line that a crash left must not swallow the next one.
        start = "\n" if self.content and not self.content.endswith(b"\n") else ""
        added = (start + "\n".join(lines) + "\n").encode()
        is_new = not self.content
        os.lseek(self._file, 0, os.SEEK_END)
        written = 0
        while written < len(added):
            written += os.write(self._file, added[written:])
        os.fsync(self._file)
        if is_new:
            sync_folder(self._folder)
        self.content += added

    def after(self, place: str | None, batch: int) -> Iterator[tuple[list[Tombstone], str]]:
        """The tombstones behind a place, so many at a time, each time with the place at which they end.

        All of them when the file is not the one that the place was taken from.
        """
        start = self._start(place)
        if start == len(self.content):
            return
        # One pass over the file, however many batches: the digest of a beginning goes on to the next one.
        digest, end = hashlib.sha256(self.content[:start]), start
        tombstones: list[Tombstone] = []
        for line in self.content[start:].splitlines(keepends=True):
            digest.update(line)
            end += len(line)
            if tombstone := _parsed(line.rstrip()):
                tombstones.append(tombstone)
            if len(tombstones) == batch:
                yield tombstones, f"{end}:{digest.hexdigest()[:32]}"
                tombstones = []
        yield tombstones, f"{end}:{digest.hexdigest()[:32]}"

    def _start(self, place: str | None) -> int:
        length, _, digest = (place or "").partition(":")
        start = int(length) if length.isdecimal() else 0
        is_ours = start <= len(self.content) and digest == hashlib.sha256(self.content[:start]).hexdigest()[:32]
        return start if is_ours else 0


def _parsed(line: bytes) -> Tombstone | None:
    """The tombstone of a line; None for what is none, such as half a line that a crash left."""
    try:
        if match := _TICKET.fullmatch(line):
            return TicketTombstone(int(match[1]), match[2].decode(), datetime.fromisoformat(match[3].decode()))
        if match := _ADDRESS.fullmatch(line):
            return AddressTombstone(match[1].decode(), match[2].decode(), datetime.fromisoformat(match[3].decode()))
    except ValueError:
        pass
    return None


def _keyed_digest(key: str, mailbox: str) -> str:
    return hmac.digest(bytes.fromhex(key), mailbox.encode("utf-8", "backslashreplace"), "sha256").hex()
