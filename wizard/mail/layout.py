"""What a letter to the desk shows, before it is text or HTML: both are made from this, so both say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A label and what belongs to it; the text may have several lines."""

    label: str
    text: str


@dataclass(frozen=True)
class Thumbnail:
    """An image that the HTML shows."""

    cid: str
    name: str


@dataclass(frozen=True)
class Section:
    """A part of a letter under its own heading."""

    heading: str
    rows: tuple[Row, ...] = ()
    quotes: tuple[Row, ...] = ()
    """Texts shown untouched and quoted; the label is empty when the heading says enough."""
    items: tuple[str, ...] = ()
    is_code: bool = False
    """The quotes are what a machine wrote, shown in letters of one width."""


@dataclass(frozen=True)
class Layout:
    """A whole letter. The first three rows decide everything (ux.md, Letters)."""

    language: str
    title: str
    is_urgent: bool
    verdict: str
    who: str
    in_short: str
    facts: tuple[Row, ...]
    """Number, time and the like, under the first three."""
    sections: tuple[Section, ...]
    foot: str
    thumbnails: tuple[Thumbnail, ...] = ()

    @property
    def first_rows(self) -> tuple[str, str, str]:
        """Verdict, who, in short: in this order, first in every body."""
        return self.verdict, self.who, self.in_short
