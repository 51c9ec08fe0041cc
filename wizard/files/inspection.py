"""What a file is, decided by its content; its name and its sender's word count for little (threats U01).

Images are re-encoded, so that nothing but the image is left of them. Everything else is stored as it came, must be
what its magic bytes say, and is only ever served as an attachment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from wizard.files import archives, documents, images, plaintext
from wizard.files.content import Content
from wizard.files.file_names import claimed_ending, clean_name, shown_name
from wizard.files.file_types import IMAGES, MEDIA_TYPES, in_words, kind_of_image
from wizard.files.pixels import PixelBudget
from wizard.files.refusal import FileRefused

if TYPE_CHECKING:
    from wizard.catalog.questions import FileType

    Look = Callable[[Content, str, Sequence[FileType], int], tuple[FileType, Content]]
    """``look_at``, or what lets it be done elsewhere."""

__all__ = ["CheckedFile", "FileRefused", "inspect", "look_at"]


@dataclass(frozen=True)
class CheckedFile:
    """A file fit to be stored."""

    name: str
    """Cleaned, with the ending of the detected kind."""
    type: str
    """Media type, detected by content."""
    size: int
    """Bytes of ``stream``."""
    sha256: str
    stream: IO[bytes]
    """What is to be stored, from its beginning: of an image, the re-encoded one."""


def look_at(
    content: Content, ending: str, allowed: Sequence[FileType], max_bytes: int, pixels: PixelBudget | None = None
) -> tuple[FileType, Content]:
    """What a file is, and what of it is to be stored: of an image a new one, of everything else the file itself.

    This is where a file is decoded; what a hostile one costs, it costs here.

    Args:
        content: the file.
        ending: the ending that its name claims.
        allowed: the kinds that the question takes.
        max_bytes: the largest size of a re-encoded image.
        pixels: what is left for images of the same request.

    Raises:
        FileRefused: the file is damaged, dangerous, too many pixels or of another kind.
    """
    kind = _kind_of(content, ending, allowed)
    return kind, images.reencode(content, kind, max_bytes, pixels) if kind in IMAGES else content


def inspect(
    stream: IO[bytes], filename: str, allowed: Sequence[FileType], max_bytes: int, look: Look = look_at
) -> CheckedFile:
    """Check a file and make it fit to be stored.

    Args:
        stream: the file; not more than ``max_bytes`` and one byte are read of it, whatever length was announced. It
            is read in pieces, and is what is stored unless that is an image.
        filename: what its sender calls it.
        allowed: the kinds that the question takes.
        max_bytes: the largest size, before and after an image is re-encoded.
        look: what looks at it; by default here and now.

    Raises:
        FileRefused: the file is empty, too large, damaged, dangerous or of another kind.
    """
    name = shown_name(filename)
    content = Content.received(stream, max_bytes)
    if content is None:
        raise _too_large(name, max_bytes)
    if not content.size:
        raise FileRefused("empty", name=name)
    try:
        kind, content = look(content, claimed_ending(filename), allowed, max_bytes)
    except FileRefused as refused:
        raise FileRefused(refused.reason, **{"name": name, "kinds": in_words(allowed), **refused.values}) from None
    sha256 = content.sha256()
    content.stream.seek(0)
    return CheckedFile(clean_name(filename, kind), MEDIA_TYPES[kind], content.size, sha256, content.stream)


def _kind_of(content: Content, ending: str, allowed: Sequence[FileType]) -> FileType:
    kind = kind_of_image(content.head(16)) or documents.kind_of(content) or archives.kind_of(content)
    if kind is None:
        kind = plaintext.kind_of(content, ending, allowed)
    if kind not in allowed:
        raise FileRefused("kind")
    return kind


def _too_large(name: str, max_bytes: int) -> FileRefused:
    return FileRefused("too_large", name=name, limit=max_bytes)
