"""Each class of signs holds what Unicode says that it holds, and every room asks for the same ones (E02, E03, E22)."""

from __future__ import annotations

import re
import sys
import unicodedata

from wizard.files.file_names import shown_name
from wizard.mail.sanitize import in_a_body
from wizard.mailbox.letter import in_words
from wizard.values import text

SIGNS = [chr(point) for point in range(sys.maxunicode + 1)]


def members(of_class: str) -> set[str]:
    """The signs of a class."""
    pattern = re.compile(f"[{of_class}]")
    return {sign for sign in SIGNS if pattern.fullmatch(sign)}


def test_the_control_signs_are_all_there() -> None:
    controls = {sign for sign in SIGNS if unicodedata.category(sign) == "Cc"}
    assert members(text.CONTROLS) | members(text.SEPARATORS) | set("\t\n\v\f\r") == controls
    assert not members(text.CONTROLS) & members(text.SEPARATORS)
    assert all(sign.isspace() for sign in members(text.SEPARATORS))


def test_the_signs_of_direction_are_all_there() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert members(text.BIDI) == {sign for sign in SIGNS if unicodedata.bidirectional(sign) in turning}
    assert {unicodedata.name(sign) for sign in members(text.BIDI_MARKS)} == {
        "ARABIC LETTER MARK",
        "LEFT-TO-RIGHT MARK",
        "RIGHT-TO-LEFT MARK",
    }


def test_whatever_python_ends_a_line_with_is_a_line_end() -> None:
    ends = {sign for sign in SIGNS if len(f"a{sign}b".splitlines()) == 2}
    assert {sign for sign in SIGNS if text.LINE_ENDS.fullmatch(sign)} == ends - {"\n"}


def test_what_has_no_width_is_a_format_sign_or_named_as_none() -> None:
    others = {sign for sign in members(text.ZERO_WIDTH) if unicodedata.category(sign) not in ("Cf", "Cn")}
    assert others == {"\u034f"}


def test_surrogates_are_what_utf_8_cannot_write() -> None:
    assert members(text.SURROGATES) == {sign for sign in SIGNS if not sign.encode("utf-8", "ignore")}


def test_no_room_lets_a_text_be_turned_around() -> None:
    for sign in members(text.BIDI):
        for clean in (text.one_line, text.many_lines, in_a_body, in_words, shown_name):
            assert sign not in clean(f"a{sign}b")
    for sign in members(text.BIDI_MARKS):
        for clean in (text.one_line, text.many_lines, in_words, shown_name):
            assert sign not in clean(f"a{sign}b")
