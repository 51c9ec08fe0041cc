"""Parsing a letter of any make, whole or broken: there is always something to show, and never an error."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from wizard.values.text import BIDI, BIDI_MARKS, CONTROLS, SEPARATORS

SHOWN_HEADERS = (
    "From", "To", "Cc", "Reply-To", "Date", "Message-ID", "In-Reply-To", "References", "Importance", "Auto-Submitted",
)  # fmt: skip
MAX_LEAVES = 500
MAX_TEXT = 500_000
"""Characters of a text, or of the source, that a page shows; the whole can be downloaded."""

# Control characters that a browser would obey or drop: bidi overrides among them.
INVISIBLE = re.compile(f"[{CONTROLS}{SEPARATORS}\r\v\f{BIDI}{BIDI_MARKS}]")


@dataclass(frozen=True)
class Leaf:
    """A part of a letter that holds no further parts."""

    index: int
    """Its place among the leaves, from 0."""
    part: Message

    @property
    def type(self) -> str:
        """Media type as declared."""
        return self.part.get_content_type()

    @property
    def content_id(self) -> str:
        """The name under which the letter's HTML shows it; empty when it has none."""
        return header(self.part, "Content-ID").strip(" <>")

    @property
    def is_attachment(self) -> bool:
        """It is meant to be saved, not read."""
        return header(self.part, "Content-Disposition").lower().startswith("attachment")

    @cached_property
    def name(self) -> str:
        """The file name that it claims; empty when it has none."""
        with suppress(Exception):
            return decode_words(str(self.part.get_filename() or ""))[:200]
        return ""

    @cached_property
    def content(self) -> bytes:
        """Its decoded bytes, as far as they can be decoded."""
        with suppress(Exception):
            if self.part.is_multipart():
                return b"\r\n".join(_as_bytes(part) for part in self.part.get_payload())
            decoded = self.part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                return decoded
        return b""

    @cached_property
    def text(self) -> str:
        """Its content as text."""
        for charset in (self._charset, "utf-8", "cp1251"):
            with suppress(LookupError, ValueError):
                # Some encodings yield lone surrogates, which no page can carry.
                return self.content.decode(charset).encode("utf-8", "replace").decode("utf-8")
        return self.content.decode("utf-8", "replace")

    @property
    def _charset(self) -> str:
        with suppress(Exception):
            return str(self.part.get_content_charset("utf-8"))
        return "utf-8"


class Letter:
    """A letter as its page shows it."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._message = _parsed(source)

    @property
    def subject(self) -> str:
        """The subject in words; empty when there is none."""
        return header(self._message, "Subject")

    @property
    def sender(self) -> str:
        """From whom it says it is."""
        return header(self._message, "From")

    @property
    def recipients(self) -> str:
        """To whom it says it goes."""
        return header(self._message, "To")

    @property
    def date(self) -> datetime | None:
        """When it says it was written."""
        with suppress(Exception):
            return parsedate_to_datetime(header(self._message, "Date"))
        return None

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that matter: the common ones, then those of the ticket."""
        common = [(name, header(self._message, name)) for name in SHOWN_HEADERS]
        own = dict.fromkeys(name for name, _ in _raw_headers(self._message) if name.lower().startswith("x-"))
        return [
            (name, value) for name, value in [*common, *((name, header(self._message, name)) for name in own)] if value
        ]

    @cached_property
    def leaves(self) -> list[Leaf]:
        """All parts that hold no others, in their order."""
        return [Leaf(index, part) for index, part in zip(range(MAX_LEAVES), _leaves(self._message), strict=False)]

    @cached_property
    def text(self) -> Leaf | None:
        """The part to read."""
        return self._first("text/plain")

    @cached_property
    def html(self) -> Leaf | None:
        """The part to look at."""
        return self._first("text/html")

    @property
    def attachments(self) -> list[Leaf]:
        """Everything that is not the body."""
        body = {leaf.index for leaf in (self.text, self.html) if leaf}
        return [leaf for leaf in self.leaves if leaf.index not in body]

    def shown_source(self) -> str:
        """The beginning of the letter as it came."""
        return self.source[:MAX_TEXT].decode("utf-8", "replace")

    def _first(self, kind: str) -> Leaf | None:
        return next((leaf for leaf in self.leaves if leaf.type == kind and not leaf.is_attachment), None)


def header(message: Message, name: str) -> str:
    """A header in words; empty when there is none. The first one, when it stands there twice."""
    raw = next((value for key, value in _raw_headers(message) if key.lower() == name.lower()), "")
    return decode_words(raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def decode_words(raw: str) -> str:
    """A header's value with its encoded words (RFC 2047) read, in one line."""
    raw = re.sub(r"[\r\n]+[ \t]*", " ", raw)
    with suppress(Exception):
        # The standard library's own header objects fail on many a broken header, this reader on few.
        return _visible(str(make_header(decode_header(raw)))).strip()
    return _visible(raw).strip()


def _visible(text: str) -> str:
    """The text in one line, without the characters that change how their neighbours are read."""
    return INVISIBLE.sub("\ufffd", re.sub(r"[\r\n\t]+", " ", text)).encode("utf-8", "replace").decode("utf-8")


def _parsed(source: bytes) -> Message:
    try:
        return email.message_from_bytes(source, policy=email.policy.compat32)
    except Exception:
        # Parts nested a thousand deep, for one. Then it is its headers and one long text.
        message = BytesHeaderParser(policy=email.policy.compat32).parsebytes(source)
        del message["Content-Type"], message["Content-Transfer-Encoding"]
        return message


def _raw_headers(message: Message) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in message.raw_items()]


def _leaves(message: Message) -> Iterator[Message]:
    stack: list[Any] = [message]
    while stack:
        part = stack.pop()
        # An enclosed letter is an attachment, not part of the body.
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            stack.extend(reversed(part.get_payload()))
        else:
            yield part


def _as_bytes(part: object) -> bytes:
    return part.as_bytes() if isinstance(part, Message) else b""
