"""ZIP archives and workbooks: listed, never unpacked, so that no zip bomb goes off (threats U04)."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wizard.files.content import Content
from wizard.files.refusal import FileRefused

if TYPE_CHECKING:
    from wizard.catalog.questions import FileType

MOST_ENTRIES = 1000
MOST_DIRECTORY_BYTES = 1_000_000
HIGHEST_RATIO = 100
ENCRYPTED = 0x1
END = b"PK\x05\x06"
END_BYTES = 22
LONGEST_COMMENT = 65_535

# What mail services refuse inside an archive: the desk's letter would never arrive.
REFUSED_ENDINGS = re.compile(
    r"\.(?:7z|ace|ade|adp|apk|appx|arj|bat|cab|chm|cmd|com|cpl|dll|dmg|exe|hta|htm|html|img|ins|iso|isp|jar|js|jse|"
    r"lib|lnk|mde|msc|msi|msp|mst|nsh|pif|ps1|rar|reg|scr|sct|shb|svg|sys|vb|vbe|vbs|vhd|vxd|wsc|wsf|wsh|xhtml|zip)$",
    re.IGNORECASE,
)


def kind_of(content: Content) -> FileType | None:
    """``xlsx`` or ``zip``; None for a file that is no archive.

    Raises:
        FileRefused: it is damaged, locked, a zip bomb, or holds what must not be opened.
    """
    if not content.head(4).startswith((b"PK\x03\x04", END)):
        return None
    _refuse_polyglots(content)
    try:
        with zipfile.ZipFile(content.stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError, UnicodeError):
        raise FileRefused("archive_broken") from None
    return _kind_by_entries(entries, content.size)


def _kind_by_entries(entries: Sequence[zipfile.ZipInfo], size: int) -> FileType:
    names = {entry.filename for entry in entries}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("macros")
    _check(entries, size)
    if "[Content_Types].xml" not in names:
        return "zip"
    if "xl/workbook.xml" in names:
        return "xlsx"
    # Another Office file: to us a kind that was not asked for, not an archive.
    raise FileRefused("kind")


def _refuse_polyglots(content: Content) -> None:
    """Refuse bytes before, behind and between: an archive that is also a page, a program or a picture (U01)."""
    # The end record is the last thing but its comment: further from the end it would be another file's.
    tail = content.tail(END_BYTES + LONGEST_COMMENT)
    position = tail.rfind(END)
    end = content.size - len(tail) + position
    if position < 0 or end + END_BYTES > content.size:
        raise FileRefused("archive_broken")
    record = tail[position : position + END_BYTES]
    count, directory_bytes = int.from_bytes(record[10:12], "little"), int.from_bytes(record[12:16], "little")
    directory, comment = int.from_bytes(record[16:20], "little"), int.from_bytes(record[20:22], "little")
    # Before the library reads it: a directory of 10 MB makes 200,000 objects.
    if count > MOST_ENTRIES or directory_bytes > MOST_DIRECTORY_BYTES:
        raise FileRefused("archive_full")
    if count == 0 or directory + directory_bytes != end or end + END_BYTES + comment != content.size:
        raise FileRefused("archive_broken")


def _check(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise FileRefused("archive_broken")
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    # Entries that together outgrow the file overlap: the same bytes unpack many times.
    if len(entries) > MOST_ENTRIES or packed > size or unpacked > HIGHEST_RATIO * max(size, 1):
        raise FileRefused("archive_full")
    if len({entry.header_offset for entry in entries}) < len(entries):
        raise FileRefused("archive_full")
    if any(_is_unsafe(entry) for entry in entries):
        raise FileRefused("archive_unsafe")


def _is_unsafe(entry: zipfile.ZipInfo) -> bool:
    name = entry.orig_filename.replace("\\", "/")
    parts = name.split("/")
    return (
        stat.S_ISLNK(entry.external_attr >> 16)
        or name.startswith("/")
        or ":" in name
        or ".." in parts
        or not name.isprintable()
        or "META-INF" in parts[:1]
        or REFUSED_ENDINGS.search(name.rstrip(". ")) is not None
    )
