"""MIME: from a letter to its bytes, and the guard against header injection that reads them again.

One letter, one spelling: the same letter gives the same bytes at every retry, boundaries included.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from wizard.mail.headers import disposition_line, header_line
from wizard.mail.message import Letter, Part

LONGEST_LINE = 998
"""Octets without the line end (RFC 5322, section 2.1.1)."""

_BASE64_LINE = 76
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
# Full lines of base64 after the first of a run. None can be a header (no colon, no leading space) or a delimiter.
_MORE_BASE64 = re.compile(rb"\n([A-Za-z0-9+/]{76}\r\n)(?:[A-Za-z0-9+/]{76}\r\n)+")
_UNFOLDED = re.compile(rb"\r\n(?![ \t]|\Z)")
_parser = BytesParser(policy=compat32)


class HeaderGuardError(Exception):
    """The finished bytes do not hold the headers that were meant, and no others. Such a letter must not leave."""


@dataclass(frozen=True)
class _Entity:
    """A MIME entity: its headers and either a body or entities inside."""

    headers: tuple[tuple[str, bytes], ...]
    """Names, and finished lines."""
    body: bytes = b""
    boundary: str = ""
    inside: tuple[_Entity, ...] = ()

    def write(self, into: list[bytes]) -> None:
        into.extend(line for _, line in self.headers)
        into.append(b"\r\n")
        if not self.boundary:
            into.append(self.body)
            return
        delimiter = b"--" + self.boundary.encode("ascii")
        for entity in self.inside:
            into.append(delimiter + b"\r\n")
            entity.write(into)
            into.append(b"\r\n")
        into.append(delimiter + b"--\r\n")


def serialise(letter: Letter) -> bytes:
    """The finished bytes: CRLF, lines of at most 998 octets, ASCII unless an address needs SMTPUTF8.

    Raises:
        HeaderGuardError: reading the bytes back does not give the intended headers (threats E01).
        ValueError: an address in a header is not a bare one.
    """
    content = _content(letter)
    own = tuple((name, header_line(name, value)) for name, value in letter.headers)
    version = (("MIME-Version", b"MIME-Version: 1.0\r\n"),)
    whole = _Entity((*own, *version, *content.headers), content.body, content.boundary, content.inside)
    lines: list[bytes] = []
    whole.write(lines)
    finished = b"".join(lines)
    _guard(finished, whole)
    return finished


def _content(letter: Letter) -> _Entity:
    """mixed( alternative( plain, related( html, thumbnails ) ), files ), each level only when it is needed."""
    body = _text("plain", letter.text)
    if letter.html:
        html = _text("html", letter.html)
        thumbnails = [_file(part) for part in letter.attachments if part.inline]
        if thumbnails:
            html = _multipart("related", [html, *thumbnails])
        body = _multipart("alternative", [body, html])
    files = [_file(part) for part in letter.attachments if not part.inline]
    return _multipart("mixed", [body, *files]) if files else body


def _multipart(kind: str, inside: list[_Entity]) -> _Entity:
    # "=_" cannot occur in quoted-printable or base64 (RFC 2045, section 6.7), so a fixed boundary is as good as a
    # random one; and the parser behind the guard compiles a pattern for every boundary that it has not met.
    boundary = f"=_zayavka-{kind}"
    line = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n'.encode("ascii")
    return _Entity((("Content-Type", line),), boundary=boundary, inside=tuple(inside))


def _text(subtype: str, text: str) -> _Entity:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    octets = "\r\n".join(lines).encode("utf-8", "replace")
    if not text.isascii():
        encoding, body = "base64", _base64(octets)
    else:
        encoding, body = "quoted-printable", _quoted_printable(octets)
    return _Entity(
        (
            ("Content-Type", f"Content-Type: text/{subtype}; charset=utf-8\r\n".encode("ascii")),
            _transfer_encoding(encoding),
        ),
        body,
    )


def _file(part: Part) -> _Entity:
    # A message inside may not be base64 (RFC 2046, section 5.2.1), and must not be read as part of ours.
    media_type = part.type if _MEDIA_TYPE.fullmatch(part.type) else "application/octet-stream"
    if media_type.startswith(("message/", "multipart/")):
        media_type = "application/octet-stream"
    if media_type.startswith("text/") and _is_utf8(part.content):
        media_type += "; charset=utf-8"
    headers = [
        ("Content-Type", f"Content-Type: {media_type}\r\n".encode("ascii")),
        _transfer_encoding("base64"),
        ("Content-Disposition", disposition_line("inline" if part.inline else "attachment", part.name)),
    ]
    if part.cid is not None:
        headers.append(("Content-ID", header_line("Content-ID", f"<{part.cid}>")))
    return _Entity(tuple(headers), _base64(part.content))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _transfer_encoding(name: str) -> tuple[str, bytes]:
    return "Content-Transfer-Encoding", f"Content-Transfer-Encoding: {name}\r\n".encode("ascii")


def _base64(octets: bytes) -> bytes:
    encoded = b2a_base64(octets, newline=False)
    lines = [encoded[at : at + _BASE64_LINE] for at in range(0, len(encoded), _BASE64_LINE)]
    return b"\r\n".join([*lines, b""])


def _quoted_printable(octets: bytes) -> bytes:
    encoded = b2a_qp(octets, quotetabs=False, istext=True, header=False)
    return _BARE_LINE_FEED.sub(b"\r\n", encoded)


def _guard(finished: bytes, meant: _Entity) -> None:
    """Read the finished bytes again and compare headers and structure with what was meant."""
    if not finished.count(b"\r\n") == finished.count(b"\n") == finished.count(b"\r"):
        raise HeaderGuardError("a bare CR or LF stands in the letter")
    if max(map(len, finished.split(b"\r\n"))) > LONGEST_LINE:
        raise HeaderGuardError(f"a line is longer than {LONGEST_LINE} octets")
    try:
        # Reading every line of a large file's base64 would take longer than all the rest.
        _compare(_parser.parsebytes(_MORE_BASE64.sub(rb"\n\1", finished)), meant, "the letter")
    except (MessageError, LookupError, ValueError) as fault:
        raise HeaderGuardError(f"the letter cannot be read back: {fault}") from fault


def _compare(message: Message, meant: _Entity, where: str) -> None:
    names = [name for name, _ in meant.headers]
    # An empty line would end the headers early, which their names do not show when it stands in the last one.
    if broken := [name for name, line in meant.headers if _UNFOLDED.search(line)]:
        raise HeaderGuardError(f"{where}: a line end in {broken}")
    if message.keys() != names:
        raise HeaderGuardError(f"{where}: headers {message.keys()} in place of {names}")
    if len(set(names)) != len(names):
        raise HeaderGuardError(f"{where}: a header stands twice in {names}")
    if message.defects:
        raise HeaderGuardError(f"{where}: {message.defects}")
    inside = message.get_payload() if message.is_multipart() else []
    if len(inside) != len(meant.inside):
        raise HeaderGuardError(f"{where}: {len(inside)} parts in place of {len(meant.inside)}")
    for position, (part, entity) in enumerate(zip(inside, meant.inside, strict=True), 1):
        _compare(part, entity, f"{where}, part {position}")
