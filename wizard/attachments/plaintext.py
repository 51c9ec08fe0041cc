"""Texts: logs, tables, exchange files, letters. They have no signature, so their ending must be one of ours too."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from wizard.attachments.kinds import TEXTS
from wizard.attachments.refused import FileRefused
from wizard.catalog.schema import FileType

TOLERANCE = 0.01
"""Share of signs that may be spoilt: logs are cut in the middle of a letter, and carry stray control signs."""

CONTROLS = re.compile(r"[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]")
LEADING = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
PAGE = re.compile(r"<\s*(?:!doctype\s+(?:html|svg)|(?:\w+:)?(?:html|svg|script|head|body|iframe)\b)", re.IGNORECASE)
# An XML file of any root turns into a live page by one of these.
LIVE_XML = re.compile(r"<\?xml-stylesheet|1999/xhtml|2000/svg|<!ENTITY|XSL/Transform", re.IGNORECASE)
ROTATED = re.compile(r"(?:log)?[-_]?[0-9]*")
LETTER = re.compile(r"(?:From [^\n]*\r?\n)?[!-9;-~]+:[ \t\r\n]")


def kind_of(content: bytes, ending: str, allowed: Sequence[FileType]) -> FileType:
    """The kind of text that a file is.

    Args:
        content: the file.
        ending: the ending that its name claims.
        allowed: the kinds that the question takes.

    Raises:
        FileRefused: it is no text, no text of its kind, or a web page.
    """
    kind = _claimed(ending, allowed)
    text = _decoded(content)
    head = text.removeprefix("\ufeff")[:65_536]
    leading = LEADING.match(head)
    head = head[leading.end() :] if leading else head
    if PAGE.match(head) or (kind == "xml" and LIVE_XML.search(text)):
        raise FileRefused("page")
    if (kind == "xml" and not head.startswith("<")) or (kind == "eml" and not LETTER.match(head)):
        raise FileRefused("document_broken")
    return kind


def _claimed(ending: str, allowed: Sequence[FileType]) -> FileType:
    for kind in TEXTS:
        if ending == kind and kind in allowed:
            return kind
    # Servers' logs have no ending, or a count, or a date: access_log, error.log.1, error.log-20261123.
    if "txt" in allowed and ROTATED.fullmatch(ending):
        return "txt"
    raise FileRefused("kind")


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    else:
        text = _utf8_or_cp1251(content)
    spoilt = text.count("\ufffd") + len(CONTROLS.findall(text))
    if "\0" in text or spoilt > TOLERANCE * len(text) + 4:
        raise FileRefused("text_broken")
    return text


def _utf8_or_cp1251(content: bytes) -> str:
    for encoding in ("utf-8", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")
