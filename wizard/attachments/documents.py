"""PDF and the older Office files, known by their signatures."""

from __future__ import annotations

import re

from wizard.attachments.refused import FileRefused
from wizard.catalog.schema import FileType

PDF = b"%PDF-"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTRY = 128
"""Bytes of a directory entry of a compound file ([MS-CFB] 2.6.1)."""

MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|body|iframe|\?php)", re.IGNORECASE)
END_OF_ZIP = b"PK\x05\x06"


def kind_of(content: bytes) -> FileType | None:
    """``pdf``, ``xls`` or ``msg``; None for a file that is no such document.

    Raises:
        FileRefused: it is damaged, two things at once, or carries programs.
    """
    if content.startswith(PDF):
        return _pdf(content)
    return _compound(content) if content.startswith(OLE2) else None


def _pdf(content: bytes) -> FileType:
    # A page in the head or an archive at the tail makes it two files in one: some reader will run the other one.
    if MARKUP.search(content[:1024]) or END_OF_ZIP in content[-65_557:]:
        raise FileRefused("kind")
    if b"%%EOF" not in content:
        raise FileRefused("document_broken")
    return "pdf"


def _compound(content: bytes) -> FileType:
    names = _entry_names(content)
    if "_VBA_PROJECT" in names or "_VBA_PROJECT_CUR" in names:
        raise FileRefused("macros")
    if names & {"Workbook", "Book"}:
        return "xls"
    if any(name.startswith("__properties_version1") for name in names):
        return "msg"
    raise FileRefused("kind")


def _entry_names(content: bytes) -> set[str]:
    """The names in every sector that can hold directory entries; the chain of sectors need not be believed."""
    shift = int.from_bytes(content[30:32], "little")
    if shift not in (9, 12):
        raise FileRefused("document_broken")
    names = set()
    for start in range(1 << shift, len(content) - ENTRY + 1, ENTRY):
        length = int.from_bytes(content[start + 64 : start + 66], "little")
        # Types 1, 2 and 5: storage, stream, root; the length counts the closing zero.
        if content[start + 66] in (1, 2, 5) and 2 < length <= 64 and length % 2 == 0:
            names.add(content[start : start + length - 2].decode("utf-16-le", "replace"))
    return names
