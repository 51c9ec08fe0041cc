"""Header lines as bytes: folded, and in ASCII by encoded words (RFC 5322, 2047, 2231).

The standard library's own folding is not used: in Python 3.11.7 it decodes an encoded word that stands in a value
and writes the line end that is in it, so that a subject can add a ``Bcc:`` (header injection, threats M1). Here every
byte of a value that is not plain goes into an encoded word, whatever it is.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote

from wizard.mail.message import Mailbox

LINE = 76
"""Octets of a line that holds an encoded word (RFC 2047, section 2)."""

_ENCODED_OCTETS = 45
# 60 letters of base64; with "=?utf-8?b?" and "?=" 72 of the 75 that RFC 2047 allows.

_PLAIN = re.compile(r"[ -~]*")
_PLAIN_ATOM = re.compile(r"[A-Za-z0-9!*+/_-]{1,60}")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!*+/ _-]{1,60}")
_PLAIN_FILE_NAME = re.compile(r"[A-Za-z0-9 ._()+,@!#$&~=-]{1,60}")
_PERCENT_OCTETS = 54


def header_line(name: str, value: str | Mailbox) -> bytes:
    """One header, folded, with its line end."""
    if isinstance(value, Mailbox):
        return _mailbox_line(name, value)
    line = f"{name}: {value}"
    if len(line) <= LINE + 2 and _is_plain(value):
        return line.encode("ascii") + b"\r\n"
    if name in ("Message-ID", "In-Reply-To", "References", "Content-ID", "X-Held-Tickets", "X-Burst-Tickets"):
        # Identifiers are ours alone and are never encoded: folded between them.
        return f"{name}: {value}".replace("> <", ">\r\n <").encode("ascii") + b"\r\n"
    first, space, rest = value.partition(" ")
    if space and rest and _is_plain(first) and len(name) + len(first) < LINE - 4:
        # The tag stays readable for mail rules that look at the raw line.
        return b"\r\n ".join([f"{name}: {first}".encode("ascii"), *_encoded_words(rest)]) + b"\r\n"
    # The first word is cut to end on the line of the name: a fold right after the name would read as a space.
    words = _encoded_words(value, first=(LINE - len(name) - 2 - len("=?utf-8?b??=")) // 4 * 3)
    return f"{name}: ".encode("ascii") + b"\r\n ".join(words) + b"\r\n"


def _mailbox_line(name: str, mailbox: Mailbox) -> bytes:
    # UTF-8 in an address only ever reaches servers that offer SMTPUTF8 (RFC 6532).
    address = mailbox.address.encode("utf-8")
    if re.search(rb"[\x00-\x20\x7f<>]", address):
        raise ValueError(f"not a bare address: {mailbox.address!r}")
    if not mailbox.name:
        return name.encode("ascii") + b": " + address + b"\r\n"
    phrase = mailbox.name
    words = [f'"{phrase}"'.encode("ascii")] if _PLAIN_PHRASE.fullmatch(phrase) else _phrase_words(phrase)
    return b"\r\n ".join([name.encode("ascii") + b": " + words[0], *words[1:], b"<" + address + b">"]) + b"\r\n"


def _phrase_words(phrase: str) -> list[bytes]:
    """A name in encoded words; its plain ASCII words stay as they are between them.

    The space between two encoded words belongs inside one (RFC 2047, section 6.2), but Python's parser reads another
    one there, and even in the middle of a word: so words are encoded together and cut at spaces, as seldom as can be.
    """
    phrases: list[bytes] = []
    for is_plain, group in groupby(phrase.split(" "), key=lambda word: bool(_PLAIN_ATOM.fullmatch(word))):
        words = " ".join(group)
        phrases += [words.encode("ascii")] if is_plain else _encoded_by_words(words)
    return phrases


def _encoded_by_words(text: str) -> list[bytes]:
    pieces = [""]
    for word in re.findall(r"\S+ *| +", text):
        if pieces[-1] and len((pieces[-1] + word).encode("utf-8", "replace")) > _ENCODED_OCTETS:
            pieces.append(word)
        else:
            pieces[-1] += word
    return [encoded for piece in pieces for encoded in _encoded_words(piece)]


def disposition_line(kind: str, file_name: str) -> bytes:
    """``Content-Disposition``, the name by RFC 2231 when it is not plain ASCII, in sections that fit a line."""
    if not file_name:
        return f"Content-Disposition: {kind}\r\n".encode("ascii")
    if _PLAIN_FILE_NAME.fullmatch(file_name) and "=?" not in file_name:
        return f'Content-Disposition: {kind};\r\n filename="{file_name}"\r\n'.encode("ascii")
    sections = ["utf-8''"]
    for octets in map(_percent_encoded, file_name):
        if len(sections[-1]) + len(octets) > _PERCENT_OCTETS:
            sections.append(octets)
        else:
            sections[-1] += octets
    if len(sections) == 1:
        parameters = [f" filename*={sections[0]}"]
    else:
        parameters = [f" filename*{position}*={section}" for position, section in enumerate(sections)]
    return ";\r\n".join([f"Content-Disposition: {kind}", *parameters]).encode("ascii") + b"\r\n"


def _is_plain(value: str) -> bool:
    return bool(_PLAIN.fullmatch(value)) and "=?" not in value and value == value.strip() and "  " not in value


def _encoded_words(text: str, first: int = _ENCODED_OCTETS) -> list[bytes]:
    """The text in encoded words, never cutting a character in two; at most ``first`` octets of it in the first one."""
    octets = text.encode("utf-8", "replace")
    words = []
    start = 0
    while start < len(octets):
        end = min(start + (_ENCODED_OCTETS if start else min(first, _ENCODED_OCTETS)), len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        # Cut behind a space where there is one: readers that put a space between encoded words in a name, as Python's
        # own does, then cut no word in two.
        space = octets.rfind(b" ", start + 1, end)
        if end < len(octets) and space > start:
            end = space + 1
        words.append(b"=?utf-8?b?" + b2a_base64(octets[start:end], newline=False) + b"?=")
        start = end
    return words or [b""]


@lru_cache(maxsize=4096)
def _percent_encoded(sign: str) -> str:
    return quote(sign, safe="", errors="replace")
