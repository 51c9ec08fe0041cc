"""The kinds of attachments that the desk takes: their endings, media types and magic bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.catalog.questions import FileType


MEDIA_TYPES: Mapping[FileType, str] = MappingProxyType(
    {
        "png": "image/png",
        "jpg": "image/jpeg",
        "webp": "image/webp",
        "gif": "image/gif",
        "pdf": "application/pdf",
        "txt": "text/plain",
        "log": "text/plain",
        "csv": "text/csv",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xml": "application/xml",
        "eml": "message/rfc822",
        "msg": "application/vnd.ms-outlook",
        "zip": "application/zip",
    }
)

ENDINGS: Mapping[str, FileType] = MappingProxyType({**{kind: kind for kind in MEDIA_TYPES}, "jpeg": "jpg"})
"""What a name may end in, and the kind that this claims."""

IMAGES: frozenset[FileType] = frozenset({"png", "jpg", "webp", "gif"})
TEXTS: tuple[FileType, ...] = ("txt", "log", "csv", "xml", "eml")
NAMES: Mapping[FileType, str] = MappingProxyType({"jpg": "JPEG", "webp": "WebP"})


def kind_of_image(head: bytes) -> FileType | None:
    """The image that a file begins like."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def takes(allowed: Iterable[FileType], media_type: str) -> bool:
    """Whether a file of this media type is of one of the kinds."""
    return any(MEDIA_TYPES[kind] == media_type for kind in allowed)


def accepts(allowed: Iterable[FileType]) -> str:
    """The ``accept`` attribute of a file field: endings and media types, so that phones offer the camera too."""
    kinds = tuple(allowed)
    endings = [f".{ending}" for ending, kind in ENDINGS.items() if kind in kinds]
    return ",".join([*endings, *dict.fromkeys(MEDIA_TYPES[kind] for kind in kinds if kind in IMAGES)])


def in_words(allowed: Iterable[FileType]) -> str:
    """The kinds as people name them: ``PNG, JPEG, PDF``."""
    return ", ".join(NAMES.get(kind, kind.upper()) for kind in allowed)
