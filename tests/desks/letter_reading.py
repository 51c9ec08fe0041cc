"""What the tests read of a letter, and how they look for words in what a desk or a mail reader shows of it."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path

from service import parsed


def text_of(letter: bytes) -> str:
    """The plain text of a letter."""
    body = parsed(letter).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def in_one_line(text: str) -> str:
    """The text as its words are compared: where lines break, and signs without width, are a letter's affair."""
    return " ".join(text.replace("\u200b", "").split())


def missing(words: tuple[str, ...], text: str) -> list[str]:
    """Which of the words are not whole in the text."""
    shown = in_one_line(text)
    return [wanted for wanted in words if in_one_line(wanted) not in shown]


def message_id(letter: Path) -> str:
    """The Message-ID of a letter, in its angle brackets."""
    return str(parsed(letter.read_bytes())["Message-ID"]).strip()


def subject(letter: Path) -> str:
    """The subject of a letter, decoded."""
    return str(parsed(letter.read_bytes())["Subject"])


def address(header: str) -> str:
    """The bare address of a header."""
    return parseaddr(header)[1]
