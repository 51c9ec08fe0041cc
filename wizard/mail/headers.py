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

_AROUND = len("=?utf-8?b??=")
_ROOM = 75 - _AROUND
# Letters inside an encoded word, of the 75 that RFC 2047 allows it: 45 octets in base64, 21 at the least in Q.

_LEAST_ROOM = 24
# Behind a tag; with less room the encoded words begin on the next line.

_PLAIN = re.compile(r"[ -~]*")
_PLAIN_ATOM = re.compile(r"[A-Za-z0-9!*+/_-]{1,60}")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!*+/ _-]{1,60}")
_PLAIN_FILE_NAME = re.compile(r"[A-Za-z0-9 ._()+,@!#$&~=-]{1,60}")
_PERCENT_OCTETS = 54
_Q_LETTERS = [chr(octet) if chr(octet).isascii() and chr(octet).isalnum() else f"={octet:02X}" for octet in range(256)]
_Q_LETTERS[0x20] = "_"


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
    first, _, rest = value.partition(" ")
    begun = f"{name}: {first} "
    if first and rest and _is_plain(first) and len(begun) < LINE - 1:
        # The tag stays readable for mail rules that look at the raw line. The space behind it belongs on its line:
        # mail-parser drops a fold between plain and encoded text (tests/desks/test_gmime.py has what others do).
        room = LINE - len(begun) - _AROUND
        if room >= _LEAST_ROOM:
            return begun.encode("ascii") + b"\r\n ".join(_encoded_words(rest, room)) + b"\r\n"
        return b"\r\n ".join([f"{name}: {first}".encode("ascii"), *_encoded_words(rest)]) + b"\r\n"
    # The first word is cut to end on the line of the name: a fold right after the name would read as a space.
    words = _encoded_words(value, LINE - len(name) - 2 - _AROUND)
    return f"{name}: ".encode("ascii") + b"\r\n ".join(words) + b"\r\n"


def _mailbox_line(name: str, mailbox: Mailbox) -> bytes:
    # UTF-8 in an address only ever reaches servers that offer SMTPUTF8 (RFC 6532).
    address = mailbox.address.encode("utf-8")
    if re.search(rb"[\x00-\x20\x7f<>]", address):
        raise ValueError(f"not a bare address: {mailbox.address!r}")
    if not mailbox.name:
        return name.encode("ascii") + b": " + address + b"\r\n"
    phrase = mailbox.name
    if _PLAIN_PHRASE.fullmatch(phrase):
        words = [f'"{phrase}"'.encode("ascii")]
    else:
        words = _phrase_words(phrase, LINE - len(name) - 2 - _AROUND)
    return _filled(name.encode("ascii") + b":", [*words, b"<" + address + b">"])


def _filled(line: bytes, words: list[bytes]) -> bytes:
    """The words behind the first of them in lines of ``LINE`` octets, as many on each as fit."""
    lines = [line + b" " + words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= LINE:
            lines[-1] += b" " + word
        else:
            lines.append(b" " + word)
    return b"\r\n".join(lines) + b"\r\n"


def _phrase_words(phrase: str, room: int) -> list[bytes]:
    """A name in encoded words; its plain ASCII words stay as they are between them.

    The space between two encoded words belongs inside one (RFC 2047, section 6.2), but Python's parser (until 2026:
    cpython issue 128110) reads another one there. So words are encoded together, and a name that fits one is one.
    """
    phrases: list[bytes] = []
    for is_plain, group in groupby(phrase.split(" "), key=lambda word: bool(_PLAIN_ATOM.fullmatch(word))):
        words = " ".join(group)
        phrases += [words.encode("ascii")] if is_plain else _encoded_words(words, _ROOM if phrases else room)
    return phrases


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


def _encoded_words(text: str, room: int = _ROOM) -> list[bytes]:
    """The text in encoded words, never cutting a character in two; at most ``room`` letters inside the first one.

    Base64 with padding stands last or nowhere: GMime joins what stands in neighbouring words before it decodes them,
    and reads nothing behind the first padding. So words are cut where their octets divide by three; where no character
    within reach ends there, the word is in Q, which needs no padding.
    """
    octets = text.encode("utf-8", "replace")
    words = []
    start = 0
    while start < len(octets):
        end = _end_in_threes(octets, start, start + room // 4 * 3)
        if end > start:
            words.append(b"=?utf-8?b?" + b2a_base64(octets[start:end], newline=False) + b"?=")
        else:
            end, letters = _in_q(octets, start, room)
            words.append(b"=?utf-8?q?" + letters + b"?=")
        start, room = end, _ROOM
    return words or [b""]


def _end_in_threes(octets: bytes, start: int, reach: int) -> int:
    """Where a word of base64 that begins at ``start`` ends, at ``reach`` the latest; ``start`` if nowhere.

    Beside a space where one lies well: readers that put a space between encoded words in a name, as Python's did,
    then cut no word in two.
    """
    if len(octets) <= reach:
        return len(octets)
    space = octets.rfind(b" ", start + 1, reach + 1)
    while space > start:
        if space < reach and (space + 1 - start) % 3 == 0:
            return space + 1
        if (space - start) % 3 == 0:
            return space
        space = octets.rfind(b" ", start + 1, space)
    end = reach
    while end > start and octets[end] & 0xC0 == 0x80:
        end -= 3
    return end


def _in_q(octets: bytes, start: int, room: int) -> tuple[int, bytes]:
    """As many characters as have room in Q, one at the least: where they end, and their letters."""
    end, letters = start, ""
    for sign in octets[start : start + room].decode("utf-8", "ignore"):
        encoded = sign.encode("utf-8")
        more = "".join(map(_Q_LETTERS.__getitem__, encoded))
        if letters and len(letters) + len(more) > room:
            break
        end, letters = end + len(encoded), letters + more
    return end, letters.encode("ascii")


@lru_cache(maxsize=4096)
def _percent_encoded(sign: str) -> str:
    return quote(sign, safe="", errors="replace")
