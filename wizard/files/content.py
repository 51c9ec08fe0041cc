"""A file that is looked at in pieces, so that memory does not grow with it."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator
from typing import IO

CHUNK = 256 * 1024
SPOOL = 512 * 1024
"""Bytes above which a file that is made here lies on the disk."""


class Content:
    """The bytes of a file, wherever they lie."""

    def __init__(self, stream: IO[bytes]) -> None:
        """``stream`` is read and moved about in at will; it must be able to seek."""
        self.stream = stream
        self.size = stream.seek(0, io.SEEK_END)

    @classmethod
    def received(cls, stream: IO[bytes], max_bytes: int) -> Content | None:
        """The content of a stream; None when it is more than ``max_bytes``, of which one byte more at most is read."""
        if stream.seekable():
            content = cls(stream)
            return content if content.size <= max_bytes else None
        spooled, left = new_file(), max_bytes + 1
        while left and (part := stream.read(min(left, CHUNK))):
            spooled.write(part)
            left -= len(part)
        return cls(spooled) if left else None

    def at(self, start: int, length: int) -> bytes:
        """The bytes from ``start`` on, fewer than ``length`` at the end."""
        self.stream.seek(start)
        parts = []
        while length and (part := self.stream.read(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def head(self, length: int) -> bytes:
        """The first bytes."""
        return self.at(0, length)

    def tail(self, length: int) -> bytes:
        """The last bytes."""
        return self.at(max(0, self.size - length), length)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """All bytes from ``start`` on, in order, whatever else is read meanwhile."""
        while chunk := self.at(start, CHUNK):
            yield chunk
            start += len(chunk)

    def count(self, needle: bytes) -> int:
        """How often ``needle`` occurs."""
        count, before = 0, b""
        for chunk in self.chunks():
            # So short a rest holds no whole needle: no needle is counted twice.
            count += (before + chunk).count(needle)
            before = (before + chunk)[-(len(needle) - 1) :] if len(needle) > 1 else b""
        return count

    def sha256(self) -> str:
        """The digest of all bytes, in hexadecimal."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()


def new_file() -> IO[bytes]:
    """A temporary file to be written, on the disk as soon as it is large."""
    return tempfile.SpooledTemporaryFile(max_size=SPOOL)
