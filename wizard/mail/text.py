"""A layout as plain text: lines of at most 78 characters, labels in one column, the client's words indented.

Nothing looks like the history of a correspondence, which help desks cut away (``history``): no line of a client begins
at the margin, and the last line is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wizard.mail.history import unlike_history
from wizard.mail.layout import Layout, Row, Section

WIDTH = 78
"""Characters of a line (RFC 5322, section 2.1.1)."""

LONGEST_WORD_OCTETS = 900
"""An address on the web is never cut below this; no decoded line comes near 998 octets."""

_LONGEST_ADDRESS = 254
"""Characters of a mail address (RFC 5321), which is not cut either."""

_WIDEST_LABEL = 26
_INDENT = "  "
_WORDS_INDENT = " " * 4
_BETWEEN = " · "
"""Between the parts of a line."""


def plain_text(layout: Layout) -> str:
    """The whole layout as text."""
    labelled = [row for part in layout.sections for row in part.rows]
    fitting = [len(row.term) for row in labelled if len(row.term) <= _WIDEST_LABEL]
    column = max(fitting, default=0) + len(_INDENT) + 2
    lines: list[str] = []
    for line in (layout.first_line, *(row.line for row in layout.lines), layout.reference, *layout.notes):
        lines += _hanging(line)
    for section in layout.sections:
        lines += ["", section.heading.upper(), *_section(section, column)]
    return "\n".join([*lines, "", *wrapped(layout.foot)]) + "\n"


def _hanging(text: str) -> Iterator[str]:
    """A line at the margin; what does not fit into it follows indented, cut between its parts where it has some."""
    width = WIDTH - len(_INDENT) - len(_BETWEEN.rstrip())
    lines = [""]
    for part in text.split(_BETWEEN):
        joined = f"{lines[-1]}{_BETWEEN}{part}" if lines[-1] else part
        if len(joined) > width and lines[-1]:
            lines[-1] += _BETWEEN.rstrip()
            joined = part
            lines.append("")
        lines[-1:] = wrapped(joined, width)
    marked = (piece for line in lines for piece in unlike_history_in(line, WIDTH - len(_INDENT)))
    for position, line in enumerate(marked):
        yield (_INDENT if position else "") + line


def _section(section: Section, column: int) -> Iterator[str]:
    for row in section.rows:
        yield from _row(row, column, _INDENT)
    for position, words in enumerate(section.words):
        if position:
            yield ""
        if words.label:
            yield from indented(words.term, _INDENT)
        yield from indented(words.text, _WORDS_INDENT)
    for item in section.items:
        lines = wrapped(item, WIDTH - 4)
        yield from (("  • " if not at else "    ") + line for at, line in enumerate(lines))


def _row(row: Row, column: int, indent: str) -> Iterator[str]:
    """The label, then the text in its column; a long label stands on lines of its own."""
    text = wrapped(row.text, WIDTH - column)
    if len(indent) + len(row.term) + 2 > column:
        yield from indented(row.term, indent)
        first = ""
    else:
        first = indent + row.term
    for position, line in enumerate(text):
        if position or not first:
            for piece in unlike_history_in(line, WIDTH - column):
                yield (" " * column + piece).rstrip()
        else:
            yield f"{first:<{column}}{line}".rstrip()


def indented(text: str, indent: str) -> Iterable[str]:
    """The lines of a text behind an indent, none of which looks like history."""
    return (indent + line if line else "" for line in unlike_history_in(text, WIDTH - len(indent)))


def unlike_history_in(text: str, width: int = WIDTH) -> Iterator[str]:
    """The text in lines as ``wrapped`` makes them, none of which looks like history, nor is longer for it."""
    for line in wrapped(text, width):
        marked = unlike_history(line)
        if len(marked) <= width or len(line) > width:
            yield marked
        else:
            yield from unlike_history_in(line, width - len(marked) + len(line))


def wrapped(text: str, width: int = WIDTH) -> list[str]:
    r"""The text in lines of at most ``width`` characters, cut at spaces; lines that fit stay as they are."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= width:
            lines.append(line)
        else:
            lines.extend(_cut(line, width))
    return lines


def _cut(line: str, width: int) -> Iterator[str]:
    start = 0
    while len(line) - start > width:
        end = line.rfind(" ", start + 1, start + width + 1)
        if end > start and not line[start:end].isspace():
            yield line[start:end]
            start = end + 1
            continue
        end = start + _unbroken(line, start, width)
        yield line[start:end]
        start = end + 1 if line[end : end + 1] == " " else end
    if start < len(line):
        yield line[start:]


def _unbroken(line: str, start: int, width: int) -> int:
    """Characters to take of a word that is wider than a line: all of an address, else as many as fit."""
    end = line.find(" ", start)
    word = line[start : end if end >= 0 else len(line)]
    if "@" in word and len(word) <= _LONGEST_ADDRESS:
        return len(word)
    if "://" in word[:40] and len(word[:LONGEST_WORD_OCTETS].encode("utf-8", "replace")) <= LONGEST_WORD_OCTETS:
        return min(len(word), LONGEST_WORD_OCTETS)
    return width
