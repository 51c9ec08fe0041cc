"""Small copies of the client's images, shown inside the HTML; the images themselves stay attached as they are."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable
from io import BytesIO

from PIL import Image

from wizard.mail.layout import Thumbnail
from wizard.mail.message import LoadedFile, Part
from wizard.mail.sanitize import LONGEST_FILE_NAME, in_a_file_name, neutralise_tags

LARGEST = (636, 720)
"""Pixels of a thumbnail: no wider than the column of a letter (templates/mail/frame.html), so that it is shown as it
is by readers that know no ``max-width``, such as Outlook."""

LARGEST_BYTES = 60_000

MOST_PIXELS = 50_000_000
"""Of all images of a letter together; what is beyond has no thumbnail (threats U03, L02). A ticket may hold twenty
files, and decoding 50 megapixels takes 400 MB and two seconds of a worker that others wait for."""

_SHOWN = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_QUALITIES = (80, 60, 40)
_ENDING = ".preview.jpg"


def thumbnails_of(
    files: Iterable[LoadedFile], domain: str, *tag_patterns: str
) -> tuple[tuple[Thumbnail, ...], tuple[Part, ...]]:
    """What the HTML refers to, and the parts that it refers to. An image that cannot be read has no thumbnail."""
    thumbnails: list[Thumbnail] = []
    parts: list[Part] = []
    left = MOST_PIXELS
    for file in files:
        kind = _SHOWN.get(file.attachment.type)
        small, width, pixels = _small(file.content, kind, left) if kind else (None, 0, 0)
        left -= pixels
        if small:
            digest = hashlib.sha256(file.content).hexdigest()[:16]
            cid = f"preview-{len(parts) + 1}-{digest}@{domain}"
            name = in_a_file_name(file.attachment.name, *tag_patterns)
            thumbnails.append(Thumbnail(cid, neutralise_tags(name), width))
            parts.append(Part(_preview_name(name), "image/jpeg", small, cid))
    return tuple(thumbnails), tuple(parts)


def _preview_name(name: str) -> str:
    """Readers that list what a letter holds show it beside the image itself, and one without a name as "Untitled"."""
    stem = name.rpartition(".")[0] or name
    return stem[: LONGEST_FILE_NAME - len(_ENDING)].rstrip(" .") + _ENDING


def _small(content: bytes, kind: str, most: int) -> tuple[bytes | None, int, int]:
    """The thumbnail, if any, its width, and how many pixels were decoded for it."""
    pixels = 0
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(content), formats=[kind]) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if image.width * image.height > most:
                return None, 0, 0
            pixels = image.width * image.height
            image.draft("RGB", LARGEST)
            image.thumbnail(LARGEST)
            flat = _on_white(image)
    # Pillow raises many kinds for a broken file, and a letter without a thumbnail is still a letter.
    except Exception:
        return None, 0, pixels
    return _compressed(flat), flat.width, pixels


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
