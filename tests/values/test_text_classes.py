"""Each character class holds what Unicode says that it holds, and all modules use the same ones (E02, E03, E22)."""

from __future__ import annotations

import re
import sys
import unicodedata

from wizard.files.file_names import shown_name
from wizard.mail.sanitize import in_a_body, in_a_line
from wizard.mailbox.letter import decode_words
from wizard.values import text

CHARACTERS = [chr(point) for point in range(sys.maxunicode + 1)]


def members(of_class: str) -> set[str]:
    """The characters of a class."""
    pattern = re.compile(f"[{of_class}]")
    return {character for character in CHARACTERS if pattern.fullmatch(character)}


def test_the_control_characters_are_all_there() -> None:
    controls = {character for character in CHARACTERS if unicodedata.category(character) == "Cc"}
    assert members(text.CONTROLS) | members(text.SEPARATORS) | set("\t\n\v\f\r") == controls
    assert not members(text.CONTROLS) & members(text.SEPARATORS)
    assert all(character.isspace() for character in members(text.SEPARATORS))


def test_the_bidi_characters_are_all_there() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert members(text.BIDI) == {
        character for character in CHARACTERS if unicodedata.bidirectional(character) in turning
    }
    assert {unicodedata.name(character) for character in members(text.BIDI_MARKS)} == {
        "ARABIC LETTER MARK",
        "LEFT-TO-RIGHT MARK",
        "RIGHT-TO-LEFT MARK",
    }


def test_whatever_python_ends_a_line_with_is_a_line_end() -> None:
    ends = {character for character in CHARACTERS if len(f"a{character}b".splitlines()) == 2}
    assert {character for character in CHARACTERS if text.LINE_ENDS.fullmatch(character)} == ends - {"\n"}


def test_what_has_no_width_is_a_format_character_or_listed() -> None:
    others = {
        character for character in members(text.ZERO_WIDTH) if unicodedata.category(character) not in ("Cf", "Cn")
    }
    assert others == {"\u034f"}


def test_surrogates_are_what_utf_8_cannot_write() -> None:
    assert members(text.SURROGATES) == {
        character for character in CHARACTERS if not character.encode("utf-8", "ignore")
    }


def test_no_room_lets_a_text_be_turned_around() -> None:
    for character in members(text.BIDI):
        for clean in (text.one_line, text.many_lines, in_a_body, decode_words, shown_name):
            assert character not in clean(f"a{character}b")
    for character in members(text.BIDI_MARKS):
        for clean in (text.one_line, text.many_lines, decode_words, shown_name):
            assert character not in clean(f"a{character}b")


def test_of_signs_that_a_line_does_not_show_no_answer_is_made() -> None:
    for character in CHARACTERS:
        if not in_a_line(character) or unicodedata.category(character) in ("Mn", "Me"):
            assert text.one_line(character * 2) == text.many_lines(f"{character}\n{character}") == ""
    for shown in ("ё", "é", "🛞", "❤️", "…", "한"):
        assert text.one_line(shown) == text.many_lines(shown) == shown
