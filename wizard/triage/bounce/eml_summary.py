"""Parse one hostile mail, and say what a server's report in it says.

It is called in a process of its own that may be killed (``limits.heavy``); imports nothing of the application, so that
it has patterns of its own where others ask ``values``. Rows M01 to M06 of the threats: no header is ever parsed by a
policy that reads addresses, no file name is looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32

from flufl.bounce import all_failures

BYTES = 1024 * 1024
LINE = 8 * 1024
"""Bytes of a line that are read; RFC 5322 allows 998."""
DEPTH = 20
PARTS = 200
FIELD = 1000
"""Characters of a field that are passed on."""
TEXT = 10_000
"""Bytes of text that are passed on."""
ANSWER = 16 * 1024
"""Bytes of the whole summary, as JSON."""

_CHARSET = re.compile(
    r"utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|cp866|utf-16(?:le|be)?|gbk|gb2312|gb18030|big5"
    r"|iso-2022-jp|shift_jis|euc-(?:jp|kr)"
)
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]{1,64}@[^\s<>()\[\]\"',;:@]{1,253}")
_TAG = re.compile(r"<[^<>]{0,500}>")


class TooDeep(Exception):
    """More levels or parts than any honest report has."""


def summarise(raw: bytes) -> dict[str, str]:
    """What a mail says of another that came back; the names are those of ``eml._FIELDS``."""
    lines = raw[:BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    mail = BytesParser(policy=compat32).parsebytes(b"\n".join(line[:LINE] for line in lines))
    parts = list(_parts(mail))
    summary: dict[str, str] = _delivery_status(parts) or _detected(mail)
    summary |= {name: value for name, value in _original(parts, mail).items() if value}
    return {name: _clean(value) for name, value in summary.items()} | {"text": _text(parts)}


def _parts(mail: Message) -> Iterator[tuple[int, Message]]:
    """All parts in their order, each with how many mails it is enclosed in."""
    waiting, seen = [(0, 0, mail)], 0
    while waiting:
        depth, enclosed, part = waiting.pop()
        seen += 1
        if depth > DEPTH or seen > PARTS:
            raise TooDeep
        yield enclosed, part
        deeper = enclosed + (part.get_content_type() == "message/rfc822")
        waiting += [(depth + 1, deeper, inner) for inner in reversed(_inside(part))]


def _inside(part: Message) -> list[Message]:
    # The payload of a part that holds no others would be decoded, which a bad charset makes raise.
    inside = part.get_payload() if part.is_multipart() else None
    return [inner for inner in inside if isinstance(inner, Message)] if isinstance(inside, list) else []


def _delivery_status(parts: list[tuple[int, Message]]) -> dict[str, str]:
    """The first recipient that a report by RFC 3464 names as failed or delayed."""
    for _enclosed, part in parts:
        groups = _inside(part) if part.get_content_type() == "message/delivery-status" else []
        for group in groups:
            recipient = _address(_header(group, "Original-Recipient")) or _address(_header(group, "Final-Recipient"))
            if recipient and _header(group, "Action").strip().lower() in ("failed", "delayed", ""):
                said = _header(group, "Diagnostic-Code").partition(";")
                return {
                    "recipient": recipient,
                    "status": _header(group, "Status").strip().partition(" ")[0],
                    "said": (said[2] or said[0]).strip(),
                    "arrived": _header(groups[0], "Arrival-Date"),
                }
    return {}


def _detected(mail: Message) -> dict[str, str]:
    """What flufl.bounce finds, else the header that Exim and Gmail add."""
    try:
        temporary, permanent = all_failures(mail)
    except Exception:  # Its detectors trust the mail; what they cannot read, the header or the words may still say.
        temporary = permanent = frozenset()
    for address in (*sorted(permanent), *sorted(temporary)):
        recipient = _address(address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address))
        if recipient:
            return {"recipient": recipient}
    recipient = _address(_header(mail, "X-Failed-Recipients"))
    return {"recipient": recipient} if recipient else {}


def _original(parts: list[tuple[int, Message]], mail: Message) -> dict[str, str]:
    """Sender and time of the mail that came back; without it, the report was sent to the sender."""
    is_reported = not any(part.get_content_type() == "message/delivery-status" for _enclosed, part in parts)
    report = mail
    for enclosed, part in parts[1:]:
        is_reported = is_reported or part.get_content_type() == "message/delivery-status"
        head = part if enclosed else None
        if part.get_content_type() == "text/rfc822-headers":
            head = HeaderParser(policy=compat32).parsestr(_decoded(part))
        if head is not None and head["From"]:
            if is_reported:
                return {"sender": _address(_header(head, "From")), "sent": _header(head, "Date")}
            # A report that was itself forwarded.
            report = head
    return {"sender": _address(_header(report, "To"))}


def _text(parts: list[tuple[int, Message]]) -> str:
    """The words of the report itself; those of the enclosed mail, which may be private, only if it has none."""
    for wanted in (0, 1):
        for kind in ("text/plain", "text/html"):
            chosen = [part for enclosed, part in parts if enclosed == wanted and part.get_content_type() == kind]
            texts = [_decoded(part)[: 5 * TEXT] for part in chosen[:3] if not part.is_multipart()]
            text = "\n\n".join(_TAG.sub(" ", text) if kind == "text/html" else text for text in texts)
            if text.strip():
                return _clean(text, TEXT).encode("utf-8")[:TEXT].decode("utf-8", "ignore")
    return ""


def _decoded(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
    except (LookupError, ValueError, TypeError):
        return ""
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = str(part.get_content_charset("utf-8")).lower()
    except (LookupError, ValueError, TypeError):
        charset = "utf-8"
    # Only plain character sets: some codecs of the standard library take quadratic time.
    return payload.decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")


def _header(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, ""))[:LINE].split())


def _address(field: str) -> str:
    match = _ADDRESS.search(field[:FIELD])
    return match[0] if match else ""


def _clean(value: str, most: int = FIELD) -> str:
    printable = "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in value[:most])
    return printable.encode("utf-8", "replace").decode("utf-8")


def summarise_within(raw: bytes, most: int = ANSWER) -> dict[str, str]:
    """The summary, of not more than ``most`` bytes as JSON."""
    summary = summarise(raw)
    while len(json.dumps(summary, ensure_ascii=False).encode("utf-8", "replace")) > most:
        summary["text"] = summary["text"][: len(summary["text"]) // 2]
    return summary
