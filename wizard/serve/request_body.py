"""Bodies of requests, buffered whole before a thread is taken: in memory, larger ones in files without a name."""

from __future__ import annotations

import asyncio
import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

IN_MEMORY = 64 * 2**10
"""Bytes of one body that are held in memory; a form without files has fewer."""

MEMORY = 32 * 2**20
"""Bytes of all bodies that are held in memory; beyond that each goes to its file at once."""

SHARE = 4
"""One address may fill one part in so many of the spool."""

FORM = 2**20
"""Bytes of a body up to which it may be a form without large files."""
KEPT_FOR_FORMS = 8
"""One part in so many of the spool is for such bodies alone: whoever holds back the end of large ones stops no form."""

PIECES = 1000
"""A body may come in so many pieces, and in one more for each ``PIECE`` bytes."""
PIECE = 64

Receive = Callable[[], Awaitable[dict[str, Any]]]
"""ASGI's ``receive``."""


class Refused(Exception):
    """A request cannot be taken; ``kind`` is that of the refusal."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class ClientGone(Exception):
    """The client has left in the middle of its body."""


@dataclass(frozen=True)
class BodyLimits:
    """What a body may take."""

    max_bytes: int
    """Bytes of one body."""
    deadline: float
    """Seconds in which it must be whole, however large it is."""
    grace: float
    """Seconds before its speed matters."""
    least_speed: float
    """Bytes a second, from its begin and not at every moment: a line may fail for a while."""


class Spool:
    """Room for the bodies of a process. All calls come from its event loop."""

    def __init__(self, folder: Path, max_bytes: int, reserve: int) -> None:
        """Keep files in ``folder``, ``max_bytes`` of them in all, and leave ``reserve`` bytes of its disk free."""
        self._folder, self._max_bytes, self._reserve = folder, max_bytes, reserve
        self._on_disk: Counter[str] = Counter()
        self.in_memory = 0
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="spool")

    def book(self, address: str, count: int, length: int) -> None:
        """Take room on the disk, for a body that is so long by now.

        Raises:
            Refused: there is none for this address, or for anybody.
        """
        used = self._on_disk
        share = self._max_bytes // SHARE if address else self._max_bytes
        room = self._max_bytes if length <= FORM else self._max_bytes - self._max_bytes // KEPT_FOR_FORMS
        if used[address] + count > share or used.total() + count > room:
            raise Refused("no_room")
        used[address] += count

    def free(self, address: str, count: int) -> None:
        """Give room on the disk back."""
        self._on_disk[address] -= count
        if not self._on_disk[address]:
            del self._on_disk[address]

    async def write(self, file: IO[bytes] | None, content: bytes) -> IO[bytes]:
        """Append to a file, a new one if there is none yet; the event loop goes on meanwhile.

        Raises:
            Refused: the disk has no room.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._disk, self._write, file, content)
        except OSError:
            raise Refused("no_room") from None

    def _write(self, file: IO[bytes] | None, content: bytes) -> IO[bytes]:
        if file is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            # It has no name, and so is gone with the process, however that ends.
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        if shutil.disk_usage(self._folder).free - len(content) < self._reserve:
            file.close()
            raise OSError("the reserve of the disk is reached")
        file.write(content)
        return file


class Body:
    """The body of one request, as it arrives and afterwards."""

    def __init__(self, spool: Spool, limits: BodyLimits, address: str | None) -> None:
        self._spool, self._limits, self._address = spool, limits, address or ""
        self._chunks: list[bytes] = []
        self._in_memory = self._on_disk = 0
        self._file: IO[bytes] | None = None
        self.length = 0

    async def read(self, receive: Receive, length: int | None) -> None:
        """Take all of it: so many bytes, if the client has said how many.

        Raises:
            Refused: it is too large or too slow, or there is no room for it.
            ClientGone: see there.
        """
        begun, limits, pieces = asyncio.get_running_loop().time(), self._limits, 0
        try:
            async with asyncio.timeout_at(begun + min(limits.grace, limits.deadline)) as timer:
                while (message := await receive())["type"] == "http.request":
                    pieces += 1
                    await self._append(message["body"])
                    if not message["more_body"] or self.length == length:
                        return
                    if self.length > limits.max_bytes:
                        raise Refused("too_large")
                    if pieces > PIECES + self.length // PIECE:
                        raise Refused("too_slow")
                    allowed = limits.grace + self.length / limits.least_speed
                    timer.reschedule(begun + min(allowed, limits.deadline))
        except TimeoutError:
            raise Refused("too_slow") from None
        raise ClientGone

    async def _append(self, chunk: bytes) -> None:
        self.length += len(chunk)
        self._chunks.append(chunk)
        self._in_memory += len(chunk)
        self._spool.in_memory += len(chunk)
        if self._in_memory > IN_MEMORY or self._spool.in_memory > MEMORY:
            await self._flush()

    async def _flush(self) -> None:
        content = b"".join(self._chunks)
        self._spool.book(self._address, len(content), self.length)
        self._on_disk += len(content)
        self._file = await self._spool.write(self._file, content)
        self._forget_chunks()

    def _forget_chunks(self) -> None:
        self._spool.in_memory -= self._in_memory
        self._chunks, self._in_memory = [], 0

    async def open(self) -> IO[bytes]:
        """The whole body, from its first byte."""
        if self._file is None:
            return io.BytesIO(b"".join(self._chunks))
        if self._chunks:
            await self._flush()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give back what it took."""
        self._forget_chunks()
        if self._file:
            self._file.close()
        self._spool.free(self._address, self._on_disk)
        self._on_disk = 0
