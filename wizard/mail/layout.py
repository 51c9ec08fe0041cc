"""What a letter to the desk shows, before it is text or HTML: both are made from this, so both say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A label and what belongs to it; the text may have several lines."""

    label: str
    text: str

    @property
    def term(self) -> str:
        """The label as it stands before its text, on paper and in programs that make one line of both: ``Label:``."""
        return self.label if self.label.endswith((":", "?", "!")) else f"{self.label}:"


@dataclass(frozen=True)
class Thumbnail:
    """An image that the HTML shows."""

    cid: str
    name: str
    """Of the client's file."""
    width: int
    """In pixels, as it is shown."""


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
