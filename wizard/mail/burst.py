"""The letter of a burst: tells the desk that tickets which came within minutes belong together."""

from __future__ import annotations

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
from wizard.tickets.similar import MOST_COUNTED
from wizard.values.datetimes import datetime_text


@dataclass(frozen=True)
class BurstTicket:
    """A ticket of a burst, in words of its client and keys of ours."""

    name: str
    """Its number or its receipt code."""
    created_at: datetime
    who: str
    words: str
    key: str
    """How Message-IDs name the ticket (``thread.ticket_key``): by it the letter is found when the ticket is erased."""


@dataclass(frozen=True)
class Shared:
    """An answer that several of the tickets gave."""

    label: str
    """The question's; empty where nobody can say it."""
    text: str
    count: int


@dataclass(frozen=True)
class Burst:
    """Tickets of one situation that came shortly after one another."""

    situation: str
    """Category and situation in the desk's language."""
    count: int
    first_at: datetime
    """When the first of them came."""
    shared: tuple[Shared, ...]
    tickets: tuple[BurstTicket, ...]
    """Those that are listed, oldest first."""
    more: int
    """Earlier ones, which are not."""


@dataclass(frozen=True)
class _Entry:
    heading: str
    words: str


@dataclass(frozen=True)
class _Page:
    """What text and HTML both say."""

    language: str
    title: str
    intro: str
    own_letters: str
    shared_heading: str
    shared: tuple[Row, ...]
    list_heading: str
    entries: tuple[_Entry, ...]
    more: str
    foot: str


def compose_burst(burst: Burst, desk: Desk, *, at: datetime, code: str, minutes: int) -> Letter:
    """What came, since when, what they share, and the tickets. It threads with none of them.

    Args:
        burst: the tickets.
        desk: whom it goes to.
        at: when the burst was noticed; a retry has the same ``Date``.
        code: makes the Message-ID its own.
        minutes: how long until another one may come.
    """
    page = _page(burst, desk, minutes)
    return letter_of_many(
        desk,
        "burst",
        code,
        at=at,
        title=page.title,
        keys=(ticket.key for ticket in burst.tickets),
        text=_plain(page),
        html=template("burst.html").render(page=page),
    )


def _page(burst: Burst, desk: Desk, minutes: int) -> _Page:
    def say(key: str, **values: object) -> str:
        return translate(desk.language, f"burst.{key}", **values)

    count = f"{burst.count}+" if burst.count >= MOST_COUNTED else str(burst.count)
    since = datetime_text(burst.first_at, desk.time_zone, desk.language, "digits")
    return _Page(
        language=desk.language,
        title=say("subject", situation=line_without_tags(burst.situation, desk.tag_patterns), count=count),
        intro=say("intro", count=count, since=since),
        own_letters=say("own_letters"),
        shared_heading=say("same"),
        shared=tuple(_shared(shared, desk) for shared in burst.shared),
        list_heading=say("list"),
        entries=tuple(_entry(ticket, desk) for ticket in burst.tickets),
        more=say("more", count=burst.more) if burst.more > 0 else "",
        foot=say("foot", minutes=minutes),
    )


def _shared(shared: Shared, desk: Desk) -> Row:
    text = line_without_tags(excerpt(shared.text), desk.tag_patterns)
    return Row(line_without_tags(shared.label, desk.tag_patterns), f"{text} — {shared.count}")


def _entry(ticket: BurstTicket, desk: Desk) -> _Entry:
    moment = datetime_text(ticket.created_at, desk.time_zone, desk.language, "digits")
    parts = [in_a_line(ticket.name), moment, line_without_tags(ticket.who, desk.tag_patterns)]
    words = line_without_tags(excerpt(ticket.words), desk.tag_patterns)
    return _Entry(" · ".join(part for part in parts if part), words)


def _plain(page: _Page) -> str:
    lines = [*wrapped(page.title), "", *wrapped(page.intro), *wrapped(page.own_letters)]
    if page.shared:
        lines += ["", page.shared_heading.upper()]
        for row in page.shared:
            lines += [f"  {line}" for line in wrapped(f"{row.term} {row.text}" if row.label else row.text, 76)]
    lines += ["", page.list_heading.upper()]
    if page.more:
        lines += wrapped(page.more)
    for entry in page.entries:
        lines += [*wrapped(entry.heading), *(f"    {line}" for line in wrapped(entry.words, 74))]
    return "\n".join([*lines, "", *wrapped(page.foot)]) + "\n"
