"""What a file is, decided by its content; its name and its sender's word count for little (threats U01).

Pictures are drawn anew, so that nothing but the picture is left of them. Everything else is kept as it came, must be
what its first bytes say, and is only ever served as an attachment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from wizard.attachments import archives, documents, images, plaintext
from wizard.attachments.kinds import IMAGES, MEDIA_TYPES, in_words, kind_of_image
from wizard.attachments.names import claimed_ending, clean_name, shown_name
from wizard.attachments.refused import FileRefused
from wizard.catalog.schema import FileType

__all__ = ["CheckedFile", "FileRefused", "inspect"]

MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE


@dataclass(frozen=True)
class CheckedFile:
    """A file fit to be kept."""

    name: str
    """Cleaned, with the ending of the found kind."""
    type: str
    """Media type, found by content."""
    size: int
    """Bytes of ``content``."""
    sha256: str
    content: bytes
    """What is to be kept: of a picture, the one drawn anew."""


def inspect(stream: IO[bytes], filename: str, allowed: Sequence[FileType], max_bytes: int = LARGEST) -> CheckedFile:
    """Check a file and make it fit to be kept.

    Args:
        stream: the file; not more than ``max_bytes`` and one byte are read, whatever length was announced.
        filename: what its sender calls it.
        allowed: the kinds that the question takes.
        max_bytes: the largest size, before and after a picture is drawn anew.

    Raises:
        FileRefused: the file is empty, too large, damaged, dangerous or of another kind.
    """
    name = shown_name(filename)
    content = _read(stream, max_bytes)
    if not content:
        raise FileRefused("empty", name=name)
    if len(content) > max_bytes:
        raise _too_large(name, max_bytes)
    try:
        kind = _kind_of(content, claimed_ending(filename), allowed)
        if kind in IMAGES:
            content = images.drawn_anew(content, kind, max_bytes)
    except FileRefused as refused:
        raise FileRefused(refused.reason, **{"name": name, "kinds": in_words(allowed), **refused.values}) from None
    return CheckedFile(
        clean_name(filename, kind), MEDIA_TYPES[kind], len(content), hashlib.sha256(content).hexdigest(), content
    )


def _kind_of(content: bytes, ending: str, allowed: Sequence[FileType]) -> FileType:
    kind = kind_of_image(content) or documents.kind_of(content) or archives.kind_of(content)
    if kind is None:
        kind = plaintext.kind_of(content, ending, allowed)
    if kind not in allowed:
        raise FileRefused("kind")
    return kind


def _read(stream: IO[bytes], max_bytes: int) -> bytes:
    parts, left = [], max_bytes + 1
    while left and (part := stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _too_large(name: str, max_bytes: int) -> FileRefused:
    megabytes = f"{max_bytes / MEGABYTE:.1f}".removesuffix(".0")
    return FileRefused("too_large", name=name, megabytes=megabytes)
