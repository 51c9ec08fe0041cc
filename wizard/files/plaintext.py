"""Texts: logs, tables, exchange files, letters. They have no signature, so their ending must be one of ours too."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wizard.files.content import Content
from wizard.files.file_types import TEXTS
from wizard.files.refusal import FileRefused

if TYPE_CHECKING:
    from wizard.catalog.questions import FileType

TOLERANCE = 0.01
"""Share of signs that may be spoilt: logs are cut in the middle of a letter, and carry stray control signs."""

HEAD = 65_536
"""Characters that say what a text begins like."""

# Not those that terminals, printers and editors write into honest logs: BEL to CR, and ESC.
CONTROLS = re.compile(r"[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]")
LEADING = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
PAGE = re.compile(r"<\s*(?:!doctype\s+(?:html|svg)|(?:\w+:)?(?:html|svg|script|head|body|iframe)\b)", re.IGNORECASE)
# An XML file of any root turns into a live page by one of these.
LIVE_XML = re.compile(r"<\?xml-stylesheet|1999/xhtml|2000/svg|<!ENTITY|XSL/Transform", re.IGNORECASE)
LONGEST_SIGN = 40
"""Characters of the longest sign of a live page."""
ROTATED = re.compile(r"(?:log)?[-_]?[0-9]*")
LETTER = re.compile(r"(?:From [^\n]*\r?\n)?[!-9;-~]+:[ \t\r\n]")


def kind_of(content: Content, ending: str, allowed: Sequence[FileType]) -> FileType:
    """The kind of text that a file is.

    Args:
        content: the file.
        ending: the ending that its name claims.
        allowed: the kinds that the question takes.

    Raises:
        FileRefused: it is no text, no text of its kind, or a web page.
    """
    kind = _claimed(ending, allowed)
    head = _head_of_text(content, is_xml=kind == "xml")
    leading = LEADING.match(head)
    head = head[leading.end() :] if leading else head
    if PAGE.match(head):
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


def _head_of_text(content: Content, *, is_xml: bool) -> str:
    """The beginning of a text, once all of it has been seen to be one."""
    head, before, length, spoilt = "", "", 0, 0
    is_live = False
    for text in _decoded(content, *_encoding(content)):
        if "\0" in text:
            raise FileRefused("text_broken")
        if len(head) <= HEAD:
            head += text[: HEAD + 1 - len(head)]
        length += len(text)
        spoilt += text.count("\ufffd") + sum(1 for _ in CONTROLS.finditer(text))
        is_live = is_live or (is_xml and LIVE_XML.search(before + text) is not None)
        before = text[-LONGEST_SIGN:]
    if spoilt > TOLERANCE * length + 4:
        raise FileRefused("text_broken")
    if is_live:
        raise FileRefused("page")
    return head.removeprefix("\ufeff")[:HEAD]


def _encoding(content: Content) -> tuple[str, str]:
    """The encoding that a text is in, and what to do where it is not."""
    if content.head(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16", "replace"
    for encoding in ("utf-8", "cp1251"):
        try:
            for _ in _decoded(content, encoding, "strict"):
                pass
        except UnicodeDecodeError:
            continue
        return encoding, "strict"
    return "utf-8", "replace"


def _decoded(content: Content, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for chunk in content.chunks():
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
