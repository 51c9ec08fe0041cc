"""Images re-encoded: no EXIF (place, camera), no polyglot, no decompression bomb (threats U01, U03, U06).

Pillow is imported at the first image: a process that never sees one does not pay for it.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from wizard.files.content import Content
from wizard.files.pixels import MEGAPIXELS, MOST_PIXELS, PixelBudget
from wizard.files.refusal import FileRefused

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from PIL.Image import Image

    from wizard.catalog.questions import FileType

MOST_FRAMES = 300
MOST_SCANS = 64
"""Passes of a progressive JPEG; cameras write about ten, a bomb thousands."""

FORMATS: dict[FileType, str] = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF"}
OPTIONS: dict[FileType, dict[str, Any]] = {
    "png": {"compress_level": 4},
    "jpg": {"quality": 90, "optimize": False},
    "webp": {"quality": 88, "method": 2},
    "gif": {},
}

KEPT_INFO = ("transparency", "duration", "loop")


def reencode(content: Content, kind: FileType, max_bytes: int, pixels: PixelBudget | None = None) -> Content:
    """The same image in the same format, upright, with its animation and without anything else.

    Raises:
        FileRefused: it cannot be opened, or has more than ``MOST_PIXELS`` or than ``pixels`` has left, or the new file
            exceeds ``max_bytes``.
    """
    from PIL import Image

    pixels = pixels or PixelBudget()
    _check_before_opening(content, kind, pixels)
    # A second line behind the check of our own.
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        content.stream.seek(0)
        with Image.open(content.stream, formats=[FORMATS[kind]]) as image:
            pixels.check(image.width * image.height)
            return _write(_frames(image, kind, pixels), kind, max_bytes)
    except (FileRefused, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FileRefused("image_large", megapixels=MEGAPIXELS) from None
    except Exception:
        # A hostile file may raise anything inside the decoder; whatever it is, the file is no image to us.
        raise FileRefused("image_broken") from None


def _frames(image: Image, kind: FileType, pixels: PixelBudget) -> list[Image]:
    """The frames, bare. An animation that is too long keeps its first frame."""
    first = _bare(image, kind, pixels)
    if kind not in ("gif", "webp"):
        return [first]
    frames, together = [first], first.width * first.height
    while True:
        try:
            image.seek(len(frames))
        except EOFError:
            return frames
        size = image.width * image.height
        together += size
        if len(frames) >= MOST_FRAMES or together > MOST_PIXELS or size > pixels.left:
            return [first]
        frames.append(_bare(image, kind, pixels))


def _bare(image: Image, kind: FileType, pixels: PixelBudget) -> Image:
    """A copy of the frame at hand that knows nothing but its pixels and how long it stays."""
    from PIL import ImageOps

    size = image.width * image.height
    pixels.spend(size)
    image.load()
    # The image may have grown while it was read: a GIF's frame may reach beyond its screen.
    pixels.spend(max(0, image.width * image.height - size))
    info: dict[str | tuple[int, int], Any] = {key: image.info[key] for key in KEPT_INFO if key in image.info}
    copy = ImageOps.exif_transpose(image)
    if kind == "jpg" and copy.mode not in ("RGB", "L"):
        # Printers' four colours and the like: browsers and mail programs show them wrongly.
        copy = copy.convert("RGB")
    if copy is image:
        copy = image.copy()
    copy.info = info
    return copy


class _Bounded(io.BytesIO):
    """A file that grows to ``most`` bytes: what is too large is not finished first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def write(self, data: ReadableBuffer, /) -> int:
        written = super().write(data)
        if self.tell() > self.most:
            raise FileRefused("image_heavy")
        return written


def _write(frames: list[Image], kind: FileType, max_bytes: int) -> Content:
    file = _Bounded(max_bytes)
    options = dict(OPTIONS[kind])
    first = frames[0]
    if kind == "webp" and first.mode not in ("RGB", "RGBA"):
        first = first.convert("RGBA")
    if len(frames) > 1:
        durations = [int(frame.info.get("duration") or 100) for frame in frames]
        options |= {"save_all": True, "append_images": frames[1:], "duration": durations}
        options |= {"loop": first.info["loop"]} if "loop" in first.info else {}
    elif kind == "gif":
        first.info.pop("duration", None)
    first.save(file, format=FORMATS[kind], **options)
    return Content(file)


def _check_before_opening(content: Content, kind: FileType, pixels: PixelBudget) -> None:
    """What Pillow would find out too late."""
    if kind == "webp":
        pixels.check(_webp_pixels(content.head(30)))
    elif kind == "jpg" and content.count(b"\xff\xda") > MOST_SCANS:
        raise FileRefused("image_broken")


def _webp_pixels(beginning: bytes) -> int:
    """Pixels of a WebP by its first chunk (RFC 9649 2.5–2.7): libwebp asks for the whole canvas when it opens."""
    head = beginning[12:30].ljust(18, b"\0")
    form, data = head[:4], head[8:]
    if form == b"VP8X":
        return (1 + int.from_bytes(data[4:7], "little")) * (1 + int.from_bytes(data[7:10], "little"))
    if form == b"VP8L":
        sizes = int.from_bytes(data[1:5], "little")
        return (1 + (sizes & 0x3FFF)) * (1 + (sizes >> 14 & 0x3FFF))
    if form == b"VP8 ":
        return (int.from_bytes(data[6:8], "little") & 0x3FFF) * (int.from_bytes(data[8:10], "little") & 0x3FFF)
    raise FileRefused("image_broken")
