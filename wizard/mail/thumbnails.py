"""Small copies of the client's images, shown inside the HTML; the images themselves stay attached as they are."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable
from io import BytesIO

from PIL import Image

from wizard.mail.layout import Thumbnail
from wizard.mail.message import LoadedFile, Part
from wizard.mail.sanitize import in_a_file_name, neutralise_tags

LARGEST = (720, 720)
"""Pixels of a thumbnail."""

LARGEST_BYTES = 60_000

MOST_PIXELS = 50_000_000
"""A larger image is not decoded: a decompression bomb (threats U03)."""

_SHOWN = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_QUALITIES = (80, 60, 40)


def thumbnails_of(files: Iterable[LoadedFile], domain: str) -> tuple[tuple[Thumbnail, ...], tuple[Part, ...]]:
    """What the HTML refers to, and the parts that it refers to. An image that cannot be read has no thumbnail."""
    thumbnails: list[Thumbnail] = []
    parts: list[Part] = []
    for file in files:
        kind = _SHOWN.get(file.attachment.type)
        small = _small(file.content, kind) if kind else None
        if small:
            digest = hashlib.sha256(file.content).hexdigest()[:16]
            cid = f"preview-{len(parts) + 1}-{digest}@{domain}"
            thumbnails.append(Thumbnail(cid, neutralise_tags(in_a_file_name(file.attachment.name))))
            parts.append(Part("", "image/jpeg", small, cid))
    return tuple(thumbnails), tuple(parts)


def _small(content: bytes, kind: str) -> bytes | None:
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(content), formats=[kind]) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("RGB", LARGEST)
            image.thumbnail(LARGEST)
            flat = _on_white(image)
    # Pillow raises many kinds for a broken file, and a letter without a thumbnail is still a letter.
    except Exception:
        return None
    return _compressed(flat)


def _on_white(image: Image.Image) -> Image.Image:
    opaque = Image.new("RGB", image.size, "white")
    with_alpha = image.convert("RGBA")
    opaque.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return opaque


def _compressed(image: Image.Image) -> bytes | None:
    for quality in _QUALITIES:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= LARGEST_BYTES:
            return buffer.getvalue()
    return None
