"""Files of every kind, honest and hostile, made on the spot."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any, get_args

from PIL import Image

from wizard.catalog.questions import FileType
from wizard.files.inspection import inspect

ALL: tuple[FileType, ...] = get_args(FileType)
LARGEST = 10 * 1024**2


@dataclass(frozen=True)
class Stored:
    """A file as it would be stored."""

    name: str
    type: str
    size: int
    sha256: str
    content: bytes


def checked(content: bytes, name: str, allowed: tuple[FileType, ...] = ALL, max_bytes: int = LARGEST) -> Stored:
    """What becomes of a file."""
    file = inspect(io.BytesIO(content), name, allowed, max_bytes)
    return Stored(file.name, file.type, file.size, file.sha256, file.stream.read())


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose left half is red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, format=kind, **options)
    return out.getvalue()


def animation(kind: str, frames: int = 3) -> bytes:
    """An animation with a colour a frame, each for 70 ms."""
    images = [Image.new("RGB", (20, 20), (n % 256, 100 * (n % 2), n // 256)) for n in range(frames)]
    out = io.BytesIO()
    images[0].save(out, format=kind, save_all=True, append_images=images[1:], duration=70, loop=0)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_flood(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of 900 megapixels in about 110 kB: one bit a pixel, all of them alike (threats M4)."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    data = b"".join(packer.compress(row * 1000) for _ in range(height // 1000)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg_flood(side: int = 30_000) -> bytes:
    """A small JPEG whose header claims a huge picture."""
    content = bytearray(picture("JPEG"))
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = struct.pack(">HH", side, side)
    return bytes(content)


def gif_flood(screen: int = 30_000, frame: int = 10) -> bytes:
    """A GIF with a huge screen, or a huge frame on a small one."""
    content = bytearray(picture("GIF"))
    content[6:10] = struct.pack("<HH", screen, screen)
    place = content.rindex(b",", 0, content.index(b",") + 1)
    content[place + 5 : place + 9] = struct.pack("<HH", frame, frame)
    return bytes(content)


def webp_flood(form: str) -> bytes:
    """A WebP that claims its largest canvas, in each of its three forms."""
    if form == "VP8X":
        body = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xff\x3f\0" * 2
    elif form == "VP8L":
        body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + b"\0" * 5
    else:
        body = (
            b"VP8 " + struct.pack("<I", 20) + b"\x10\x02\0\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383) + b"\0" * 10
        )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def archive(*names: str, content: bytes = b"data") -> bytes:
    """A ZIP archive of small files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def workbook(*extra: str) -> bytes:
    """What makes an XLSX of an archive."""
    return archive("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", *extra)


def compound(*names: str) -> bytes:
    """An OLE2 file whose directory holds these entries."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    entries = b""
    for place, name in enumerate(("Root Entry", *names)):
        coded = name.encode("utf-16-le")
        kind = 5 if place == 0 else 2
        entries += (coded.ljust(64, b"\0") + struct.pack("<HB", len(coded) + 2, kind)).ljust(128, b"\0")
    return head.ljust(512, b"\0") + entries.ljust(2048, b"\0")


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация><Товар/></КоммерческаяИнформация>'.encode()
EML = b"Return-Path: <>\r\nFrom: mailer-daemon@mail.example\r\nSubject: Undelivered\r\n\r\n550 5.1.1 no such user\r\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + b"\0" * 200 + b"This program cannot be run in DOS mode."

HONEST: dict[str, tuple[bytes, str]] = {
    "screen.png": (picture("PNG"), "image/png"),
    "photo.jpg": (picture("JPEG"), "image/jpeg"),
    "photo.jpeg": (picture("JPEG"), "image/jpeg"),
    "shot.webp": (picture("WEBP"), "image/webp"),
    "moving.gif": (animation("GIF"), "image/gif"),
    "act.pdf": (PDF, "application/pdf"),
    "note.txt": ("Текст для поддержки".encode(), "text/plain"),
    "old.txt": ("Текст из старой программы".encode("cp1251"), "text/plain"),
    "windows.txt": ("Текст из Блокнота".encode("utf-16"), "text/plain"),
    "site.log": (b"2026-11-23 12:00:00 \x1b[31mERROR\x1b[0m timeout\n", "text/plain"),
    "price.csv": ("Артикул;Цена\nOC 90;350\n".encode("cp1251"), "text/csv"),
    "price.xls": (compound("Workbook"), "application/vnd.ms-excel"),
    "price.xlsx": (workbook(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "import.xml": (XML, "application/xml"),
    "bounce.eml": (EML, "message/rfc822"),
    "bounce.msg": (compound("__properties_version1.0", "__substg1.0_0037001F"), "application/vnd.ms-outlook"),
    "logs.zip": (archive("logs/site.log", "logs/site.log.1.gz"), "application/zip"),
}
