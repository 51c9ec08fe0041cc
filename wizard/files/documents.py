"""PDF and the older Office files, known by their magic bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.files.content import Content
from wizard.files.refusal import FileRefused

if TYPE_CHECKING:
    from wizard.catalog.questions import FileType

PDF = b"%PDF-"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTRY = 128
"""Bytes of a directory entry of a compound file ([MS-CFB] 2.6.1)."""

MACROS = frozenset({"_VBA_PROJECT", "_VBA_PROJECT_CUR"})
WORKBOOKS = frozenset({"Workbook", "Book"})
MESSAGE = "__properties_version1"

MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|body|iframe|\?php)", re.IGNORECASE)
END_OF_ZIP = b"PK\x05\x06"


def kind_of(content: Content) -> FileType | None:
    """``pdf``, ``xls`` or ``msg``; None for a file that is no such document.

    Raises:
        FileRefused: it is damaged, two things at once, or carries programs.
    """
    head = content.head(len(OLE2))
    if head.startswith(PDF):
        return _pdf(content)
    return _compound(content) if head == OLE2 else None


def _pdf(content: Content) -> FileType:
    # A page in the head or an archive at the tail makes it two files in one: some reader will run the other one.
    if MARKUP.search(content.head(1024)) or END_OF_ZIP in content.tail(65_557):
        raise FileRefused("kind")
    if not content.count(b"%%EOF"):
        raise FileRefused("document_broken")
    return "pdf"


def _compound(content: Content) -> FileType:
    names = _entry_names(content)
    if names & MACROS:
        raise FileRefused("macros")
    if names & WORKBOOKS:
        return "xls"
    if any(name.startswith(MESSAGE) for name in names):
        return "msg"
    raise FileRefused("kind")


def _entry_names(content: Content) -> set[str]:
    """The names that decide, in every sector that can hold directory entries; the chain of sectors is not believed."""
    shift = int.from_bytes(content.at(30, 2), "little")
    if shift not in (9, 12):
        raise FileRefused("document_broken")
    names = set()
    # Sectors and chunks are whole numbers of entries long: none lies across two chunks.
    for chunk in content.chunks(1 << shift):
        for start in range(0, len(chunk) - ENTRY + 1, ENTRY):
            length = int.from_bytes(chunk[start + 64 : start + 66], "little")
            # Types 1, 2 and 5: storage, stream, root; the length counts the closing zero.
            if chunk[start + 66] in (1, 2, 5) and 2 < length <= 64 and length % 2 == 0:
                name = chunk[start : start + length - 2].decode("utf-16-le", "replace")
                if name in MACROS or name in WORKBOOKS or name.startswith(MESSAGE):
                    names.add(name)
    return names
