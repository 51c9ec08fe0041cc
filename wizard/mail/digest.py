"""The digest: tells the desk once an hour which letters are held, so that nothing is held in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wizard.config.desk import Desk
from wizard.mail.html import template
from wizard.mail.layout import Row
from wizard.mail.letter_of_many import letter_of_many
from wizard.mail.message import Letter
from wizard.mail.sanitize import excerpt, in_a_line, line_without_tags
from wizard.mail.text import wrapped
from wizard.texts import translate
from wizard.values.datetimes import datetime_text

COMMAND = "flask --app app outbox"


@dataclass(frozen=True)
class HeldLetter:
    """A letter that is held, in words of its client and keys of ours."""

    name: str
    """The ticket's number or its receipt code."""
    is_follow_up: bool
    created_at: datetime
    situation: str
    """Category and situation in the desk's language."""
    reasons: tuple[str, ...]
    """Why it is held (``outbox.held_for``)."""
    words: str
    who: str
    """Who sent it, and how to reach them."""
    key: str
    """How Message-IDs name the ticket (``thread.ticket_key``): by it the digest is found when the ticket is erased."""


@dataclass(frozen=True)
class _Entry:
    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Digest:
    language: str
    title: str
    intro: str
    entries: tuple[_Entry, ...]
    more: str
    what_next: str
    commands: tuple[Row, ...]
    foot: str


def compose_digest(letters: Sequence[HeldLetter], more: int, desk: Desk, *, at: datetime, code: str) -> Letter:
    """What is held for one inbox, why, and the commands that send or delete it.

    Args:
        letters: those that are listed, oldest first.
        more: how many are held beside them.
        desk: whom it goes to.
        at: when the digest was made; a retry has the same ``Date``.
        code: makes the Message-ID its own.
    """
    digest = _digest(letters, more, desk)
    return letter_of_many(
        desk,
        "held",
        code,
        at=at,
        title=digest.title,
        keys=(letter.key for letter in letters),
        text=_plain(digest),
        html=template("digest.html").render(digest=digest),
    )


def reasons_in_words(language: str, reasons: Sequence[str]) -> str:
    """Why a letter is held, for people; a reason of another version of the program stands for itself."""
    return ", ".join(_reason(language, reason) for reason in reasons)


def _reason(language: str, reason: str) -> str:
    try:
        return translate(language, f"held.{reason}")
    except KeyError:
        return in_a_line(reason)


def _digest(letters: Sequence[HeldLetter], more: int, desk: Desk) -> _Digest:
    def say(key: str, **values: object) -> str:
        return translate(desk.language, f"digest.{key}", **values)

    example = in_a_line(letters[0].name) if letters else "100001"
    return _Digest(
        language=desk.language,
        title=say("subject", count=len(letters) + more),
        intro=say("intro"),
        entries=tuple(_entry(letter, desk) for letter in letters),
        more=say("more", count=more, command=f"{COMMAND} held") if more else "",
        what_next=say("what_next"),
        commands=(
            Row(say("release"), f"{COMMAND} release {example}"),
            Row(say("release_all"), f"{COMMAND} release --all"),
            Row(say("delete"), f"{COMMAND} delete {example}"),
        ),
        foot=say("foot"),
    )


def _entry(letter: HeldLetter, desk: Desk) -> _Entry:
    def line(text: str) -> str:
        return line_without_tags(text, desk.tag_patterns)

    def say(key: str) -> str:
        return translate(desk.language, f"digest.{key}")

    moment = datetime_text(letter.created_at, desk.time_zone, desk.language, "digits")
    kind = [say("follow_up")] if letter.is_follow_up else []
    rows = (
        Row(say("why"), reasons_in_words(desk.language, letter.reasons)),
        Row(say("who"), line(letter.who)),
        Row(say("words"), line(excerpt(letter.words))),
    )
    heading = " · ".join([in_a_line(letter.name), *kind, moment, line(letter.situation)])
    return _Entry(heading, tuple(row for row in rows if row.text))


def _plain(digest: _Digest) -> str:
    lines = [*wrapped(digest.title), "", *wrapped(digest.intro)]
    for entry in digest.entries:
        lines += ["", *wrapped(entry.heading)]
        for row in entry.rows:
            lines += [f"  {line}" for line in wrapped(f"{row.term} {row.text}", 76)]
    if digest.more:
        lines += ["", *wrapped(digest.more)]
    lines += ["", digest.what_next.upper()]
    for row in digest.commands:
        lines += [row.term, f"  {row.text}"]
    return "\n".join([*lines, "", *wrapped(digest.foot)]) + "\n"
