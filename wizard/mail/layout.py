"""What a letter to the desk shows, before it is text or HTML: both are made from this, so both say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A label and what belongs to it; the text may have several lines."""

    label: str
    text: str
    link: str = ""
    """An address of ours at the end of the text, where a file lies: the HTML makes a link of it."""

    @property
    def term(self) -> str:
        """The label as it stands before its text, on paper and in programs that make one line of both: ``Label:``."""
        return self.label if self.label.endswith((":", "?", "!")) else f"{self.label}:"

    @property
    def line(self) -> str:
        """Label and text on one line; the text alone where it needs no label."""
        return f"{self.term} {self.text}" if self.label else self.text


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
    words: tuple[Row, ...] = ()
    """Texts shown untouched and set off; the label is empty when the heading says enough."""
    items: tuple[str, ...] = ()
    is_code: bool = False
    """The words are what a machine wrote, shown in letters of one width."""


@dataclass(frozen=True)
class Layout:
    """A whole letter. What stands before the sections decides everything (ux.md, Letters)."""

    language: str
    title: str
    is_urgent: bool
    first_line: str
    """What decides, as the first text of the body: mail programs show it beside the subject."""
    lines: tuple[Row, ...]
    """The rest of what decides: what happened, who, the queue. Each on a line of its own."""
    reference: str
    """Number, time and situation, on one line."""
    notes: tuple[str, ...]
    """What else is to be known before the words are read."""
    sections: tuple[Section, ...]
    foot: str
    """Stands last in every letter: of words that end a text, programs think that they are a signature."""
    thumbnails: tuple[Thumbnail, ...] = ()
