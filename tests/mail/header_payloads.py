"""Forty ways to write a header line of one's own (threats E01, E02; M1), and places in a ticket that take any text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from letters_under_test import SNAPSHOT, attached

from wizard.mail.message import LoadedFile
from wizard.tickets.snapshot import Reporter, TicketSnapshot

_BREAKS = (
    "\r\n",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00",
    "\r\n\t",
    "\n\n",
)

PAYLOADS = (
    *(f"Иван{sign}Bcc: evil@mail.example" for sign in _BREAKS),
    "Ivan\r\nBcc: evil@mail.example\r\n\r\n<b>body</b>",
    "=?utf-8?q?a=0D=0ABcc:_evil@mail.example?=",
    "=?utf-8?Q?a=0D=0ABcc:_evil@mail.example=0D=0A=0D=0Abody?=",
    "=?utf-8?q?a=0ABcc:_evil@mail.example?=",
    "=?utf-8?b?YQ0KQmNjOiBldmlsQG1haWwuZXhhbXBsZQ==?=",
    "=?utf-7?q?a+AA0ACg-Bcc:_evil@mail.example?=",
    "=?utf-8*ru?q?a=0D=0ABcc:_evil@mail.example?=",
    "=?us-ascii?q?a=0D=0ABcc:_evil@mail.example?= tail",
    "=?utf-8?q?a=0D?= =?utf-8?q?=0ABcc:_evil@mail.example?=",
    "=?utf-8?q?=0D=0A=0D=0Abody?=",
    "=?utf-8?q?=22_=3Cevil@mail.example=3E?= <a@b.example>",
    "=?=?utf-8?q?a=0D=0ABcc:_x?=",
    "=\r\n?utf-8?q?a=0D=0ABcc:_x?=",
    "=\u200b?utf-8?q?a=0D=0ABcc:_x?=",
    "a" * 990 + "\r\nBcc: evil@mail.example",
    'Ivan" <evil@mail.example>, "x',
    "Ivan <evil@mail.example>",
    "Иванов, Пётр",
    "evil@mail.example, other@mail.example",
    "group: a@b.example, evil@mail.example;",
    "Ivan (comment\\",
    "alice@ok.example)evil@mail.example",
    '"a@evil.example"@ok.example',
    "\udcff\ud800 lone surrogates",
    "отчёт\u202egpj.exe\u2066",
    "[##654321##] [Заявка N ##654321##] #\u200b#654321##",
)

assert len(PAYLOADS) == 40


def _reporter(field: str) -> Callable[[str], TicketSnapshot]:
    return lambda text: replace(SNAPSHOT, reporter=replace(SNAPSHOT.reporter, **{field: text}))


def _answer(position: int) -> Callable[[str], TicketSnapshot]:
    def put(text: str) -> TicketSnapshot:
        answers = list(SNAPSHOT.answers)
        answers[position] = replace(answers[position], value=text, text=text)
        return replace(SNAPSHOT, answers=tuple(answers))

    return put


def _evidence(field: str) -> Callable[[str], TicketSnapshot]:
    return lambda text: replace(SNAPSHOT, evidence=replace(SNAPSHOT.evidence, **{field: text}))


PLACES: Mapping[str, Callable[[str], TicketSnapshot]] = {
    **{f"reporter.{field}": _reporter(field) for field in Reporter.__dataclass_fields__},
    **{f"answers[{position}]": _answer(position) for position in range(len(SNAPSHOT.answers))},
    **{
        f"evidence.{field}": _evidence(field)
        for field in ("ip", "browser", "os", "user_agent", "page", "screen", "time_zone")
    },
    "brief": lambda text: replace(SNAPSHOT, brief=text),
    "site": lambda text: replace(SNAPSHOT, site=text),
    "subject": lambda text: replace(SNAPSHOT, subject=text),
    "subject_line": lambda text: replace(SNAPSHOT, subject_line=text),
    "a former ticket's subject": lambda text: replace(SNAPSHOT, subject=text, subject_line=""),
    "alone as a name": lambda text: replace(SNAPSHOT, reporter=Reporter(name=text)),
    "attachment.name": lambda text: replace(SNAPSHOT, attachments=(named(text).attachment,)),
    "attachment.type": lambda text: replace(SNAPSHOT, attachments=(replace(named("a.txt").attachment, type=text),)),
}
"""Every place of a snapshot that text of a sender can come to, or that could come to hold it one day."""


def named(text: str) -> LoadedFile:
    """A small file of that name."""
    return attached(text, content=b"text", type_="text/plain")
