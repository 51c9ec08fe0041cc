"""Header lines as bytes: how far a plain one may reach, where a long one is cut, and what it says when read again."""

from __future__ import annotations

import re
from base64 import b64decode
from email import message_from_bytes
from email.policy import default
from itertools import pairwise

import pytest

from wizard.mail.headers import disposition_line, header_line
from wizard.mail.message import Mailbox

ENCODED_WORD = re.compile(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")
SENTENCE = "Не работает проценка по всем поставщикам с самого утра, клиенты не видят цен и сроков, заказы стоят"


def encoded_words(line: bytes) -> list[str]:
    """What each encoded word says by itself: none is cut within a character."""
    return [b64decode(word, validate=True).decode() for word in ENCODED_WORD.findall(line)]


def lengths(line: bytes) -> list[int]:
    """The octets of each line, without its end."""
    assert line.endswith(b"\r\n")
    return [len(piece) for piece in line[:-2].split(b"\r\n")]


def as_read(line: bytes) -> str:
    """The value as Python reads it."""
    [value] = message_from_bytes(line + b"\r\n", policy=default).values()
    return str(value)


def test_a_plain_value_of_78_octets_with_its_name_stays_as_it_is() -> None:
    fits = "x" * (78 - len("Subject: "))
    assert header_line("Subject", fits) == f"Subject: {fits}\r\n".encode()
    longer = header_line("Subject", fits + "x")
    assert b"=?utf-8?b?" in longer
    assert as_read(longer) == fits + "x"


@pytest.mark.parametrize("value", ["x" * 300, "щ" * 200, "🛞" * 90, "日" * 120, "щx" * 99, "xщ" * 99, SENTENCE])
@pytest.mark.parametrize("name", ["Subject", "X-A", "X-Ticket-Situation"])
def test_every_line_of_an_encoded_value_holds_76_octets_at_most_and_the_value(name: str, value: str) -> None:
    line = header_line(name, value)
    assert max(lengths(line)) <= 76
    assert "".join(encoded_words(line)) == value
    assert as_read(line) == value


@pytest.mark.parametrize(("name", "first"), [("Subject", 39), ("X-A", 42), ("X-Ticket-Situation", 33)])
def test_lines_of_one_long_word_are_filled(name: str, first: int) -> None:
    words = encoded_words(header_line(name, "x" * 200))
    assert [len(word) for word in words[:-1]] == [first] + [45] * (len(words) - 2)
    assert {len(word) for word in encoded_words(header_line(name, "щ" * 100))[1:-1]} == {22}
    assert {len(word) for word in encoded_words(header_line(name, "🛞" * 50))[1:-1]} == {11}


def test_a_value_of_words_is_cut_behind_a_space_and_no_sooner_than_it_must() -> None:
    words = encoded_words(header_line("Subject", f"[##100001##] {SENTENCE}"))
    assert "".join(words) == SENTENCE
    for word, following in pairwise(words):
        assert word.endswith(" ")
        assert len((word + following.split(" ")[0]).encode()) + 1 > 45


def test_a_word_of_one_sign_is_not_glued_to_a_long_one() -> None:
    assert encoded_words(header_line("X-A", "x y " + "щ" * 60))[0] == "y "


def test_a_tag_stays_readable_while_its_line_has_room_for_it() -> None:
    tag = "[" + "1" * 62 + "]"
    assert header_line("Subject", f"{tag} щ") == f"Subject: {tag}\r\n =?utf-8?b?0Yk=?=\r\n".encode()
    line = header_line("Subject", f"{tag}1 щ")
    assert max(lengths(line)) <= 76
    assert "".join(encoded_words(line)) == f"{tag}1 щ"


@pytest.mark.parametrize("value", [" a", "a ", "a  b", "", "=?utf-8?b?0Yk=?=", "a\x00b", "щ", " ", "[##1##] "])
def test_what_a_reader_would_change_is_encoded_and_comes_back_as_it_was(value: str) -> None:
    assert as_read(header_line("X-A", value)) == value


def test_identifiers_are_folded_between_them_and_never_encoded() -> None:
    ids = [f"<{letter * 40}@desk.example>" for letter in "abc"]
    folded = "\r\n ".join(ids)
    assert header_line("References", " ".join(ids)) == f"References: {folded}\r\n".encode()


NAMES = [SENTENCE, "Иванов Иван Иванович и Петров Пётр Петрович, отдел закупок", "щ " * 60 + "щ"]


@pytest.mark.parametrize("name", NAMES)
def test_a_long_display_name_is_cut_at_spaces_as_seldom_as_can_be(name: str) -> None:
    line = header_line("From", Mailbox("a@b.example", name))
    assert max(lengths(line)) <= 76 + len("From: ")
    assert line.endswith(b"\r\n <a@b.example>\r\n")
    words = encoded_words(line)
    assert "".join(words) == name
    for word, following in pairwise(words):
        next_word = re.match(r"\S+ *", following)
        assert next_word is not None
        assert len((word + next_word[0]).encode()) > 45, "two words that fit stand together"


def test_plain_words_of_a_display_name_stay_plain() -> None:
    assert header_line("From", Mailbox("a@b.example", "Help desk")) == b'From: "Help desk"\r\n <a@b.example>\r\n'
    assert header_line("From", Mailbox("a@b.example")) == b"From: a@b.example\r\n"
    mixed = header_line("From", Mailbox("a@b.example", "OOO Щ Parts"))
    assert mixed == b"From: OOO\r\n =?utf-8?b?0Kk=?=\r\n Parts\r\n <a@b.example>\r\n"


@pytest.mark.parametrize(
    ("file_name", "line"),
    [
        ("", "Content-Disposition: inline\r\n"),
        ("a (1).png", 'Content-Disposition: inline;\r\n filename="a (1).png"\r\n'),
        ("щ.png", "Content-Disposition: inline;\r\n filename*=utf-8''%D1%89.png\r\n"),
        ("=?.png", "Content-Disposition: inline;\r\n filename*=utf-8''%3D%3F.png\r\n"),
        (
            "щ" * 17,
            "Content-Disposition: inline;\r\n"
            f" filename*0*=utf-8''{'%D1%89' * 7};\r\n filename*1*={'%D1%89' * 9};\r\n filename*2*=%D1%89\r\n",
        ),
    ],
)
def test_a_file_name_is_plain_or_in_sections_that_fill_their_lines(file_name: str, line: str) -> None:
    assert disposition_line("inline", file_name) == line.encode()


@pytest.mark.parametrize("file_name", ["щ" * 200 + ".png", "日本" * 60, "a;" * 90, "🛞" * 80])
def test_a_file_name_of_any_length_is_read_again(file_name: str) -> None:
    line = disposition_line("attachment", file_name)
    assert max(lengths(line)) <= 76
    message = message_from_bytes(b"Content-Type: text/plain\r\n" + line + b"\r\n", policy=default)
    assert message.get_filename() == file_name
