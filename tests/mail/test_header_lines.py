"""Header lines as bytes: how far a plain one may reach, where a long one is cut, and what it says when read again."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import a2b_qp
from email import message_from_bytes
from email.policy import default
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wizard.mail.headers import disposition_line, header_line
from wizard.mail.message import Mailbox

ENCODED_WORD = re.compile(rb"=\?utf-8\?([bq])\?([!->@-~]+)\?=")
SENTENCE = "Не работает проценка по всем поставщикам с самого утра, клиенты не видят цен и сроков, заказы стоят"


def encoded_words(line: bytes) -> list[str]:
    """What each encoded word says by itself: none is cut within a character."""
    return [octets.decode() for octets in octets_of(line)]


def octets_of(line: bytes) -> list[bytes]:
    """The octets of each encoded word. A word in Q holds no sign that a name may not have (RFC 2047, section 5)."""
    octets = []
    for encoding, word in ENCODED_WORD.findall(line):
        assert encoding == b"b" or re.fullmatch(rb"(?:[A-Za-z0-9_]|=[0-9A-F]{2})+", word)
        octets.append(b64decode(word, validate=True) if encoding == b"b" else a2b_qp(word, header=True))
    return octets


def padded_before_others(line: bytes) -> list[bytes]:
    """Encoded words whose padding hides the words behind them from GMime: another stands beside them."""
    return re.findall(rb"=\?utf-8\?b\?[A-Za-z0-9+/]+=+\?=(?=\r\n =\?| =\?)", line)


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


# From the first sign on, no character ends where the octets divide by three.
NEVER_IN_THREES = "aa" + "яa" * 60

texts = st.text(st.sampled_from("a я🛞日é. Щ№\u0301"), max_size=160) | st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120
)


@settings(max_examples=400, deadline=None)
@given(value=texts, name=st.sampled_from(["Subject", "X-A", "X-Ticket-Situation", "X-" + "A" * 30]))
@example(value=NEVER_IN_THREES, name="Subject")
@example(value="[##100001##] " + NEVER_IN_THREES, name="Subject")
@example(value="🛞" * 40 + "a" * 70, name="X-" + "A" * 30)
def test_no_padding_stands_before_the_last_encoded_word_and_no_character_is_cut_in_two(name: str, value: str) -> None:
    line = header_line(name, value)
    assert padded_before_others(line) == []
    assert "".join(encoded_words(line)) in (value, value.partition(" ")[2], "")
    assert max(lengths(line)) <= 78 - 2 * (b"=?" in line)
    assert as_read(line) == value


@settings(max_examples=400, deadline=None)
@given(name=texts.filter(str.strip).map(str.strip))
@example(name=NEVER_IN_THREES)
@example(name="x " + NEVER_IN_THREES + " via " + NEVER_IN_THREES)
def test_nor_in_a_display_name_of_any_signs(name: str) -> None:
    line = header_line("From", Mailbox("a@b.example", name))
    assert padded_before_others(line) == []
    assert max(lengths(line)) <= 78 - 2 * (b"=?" in line)
    # What a reader puts together by RFC 2047, section 6.2: nothing between two encoded words, a space elsewhere.
    phrase = re.sub(rb"\?=\s+=\?", b"?==?", line.removeprefix(b"From: ").rpartition(b"<")[0]).replace(b"\r\n", b"")
    read = ENCODED_WORD.sub(lambda word: octets_of(word[0])[0], phrase).decode().removesuffix(" ")
    assert read.strip('"') == name.strip('"')


@pytest.mark.parametrize(("name", "first"), [("Subject", 39), ("X-A", 42), ("X-Ticket-Situation", 33)])
def test_lines_of_one_long_word_are_filled(name: str, first: int) -> None:
    words = encoded_words(header_line(name, "x" * 200))
    assert [len(word) for word in words[:-1]] == [first] + [45] * (len(words) - 2)
    assert {len(word) for word in encoded_words(header_line(name, "щ" * 100))[1:-1]} == {21}
    assert {len(word) for word in encoded_words(header_line(name, "🛞" * 50))[1:-1]} == {9}
    assert {len(word) for word in encoded_words(header_line(name, NEVER_IN_THREES))[1:-1]} == {30}


def test_a_value_of_words_is_cut_beside_a_space_where_one_lies_well() -> None:
    words = encoded_words(header_line("Subject", f"[##100001##] {SENTENCE}"))
    assert "".join(words) == SENTENCE
    assert len(words) == 6
    for word, following in pairwise(words):
        assert word.endswith(" ") or following.startswith(" ")


def test_a_word_of_one_sign_is_not_glued_to_a_long_one() -> None:
    assert encoded_words(header_line("X-A", "x yy " + "щ" * 60))[0] == "yy "


def test_a_tag_stays_readable_and_no_fold_parts_it_from_what_follows() -> None:
    assert header_line("Subject", "[##100001##] щ") == b"Subject: [##100001##] =?utf-8?b?0Yk=?=\r\n"
    most = "[" + "1" * 28 + "]"
    assert header_line("Subject", f"{most} щ") == f"Subject: {most} =?utf-8?b?0Yk=?=\r\n".encode()


def test_a_tag_stays_readable_while_its_line_has_room_for_it() -> None:
    for size in (29, 62):
        tag = "[" + "1" * size + "]"
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
def test_a_long_display_name_is_cut_beside_spaces(name: str) -> None:
    line = header_line("From", Mailbox("a@b.example", name))
    assert max(lengths(line)) <= 76
    assert line.endswith(b" <a@b.example>\r\n")
    words = encoded_words(line)
    assert "".join(words) == name
    assert all(word.endswith(" ") or following.startswith(" ") for word, following in pairwise(words))
    assert len(words) <= len(name.encode()) // 36 + 1


def test_a_name_that_fits_one_encoded_word_is_one() -> None:
    """So that readers which put a space between encoded words have nowhere to put it."""
    for name, number in (("щ" * 21, 1), ("щ" * 22, 2), ("щ щ" * 8 + "щ via " + "щ" * 22, 2)):
        line = header_line("From", Mailbox("a@b.example", name))
        assert len(encoded_words(line)) == number
        if " via " in name:
            assert as_read(line) == f"{name} <a@b.example>"


def test_plain_words_of_a_display_name_stay_plain_and_lines_are_filled() -> None:
    assert header_line("From", Mailbox("a@b.example", "Help desk")) == b'From: "Help desk" <a@b.example>\r\n'
    assert header_line("From", Mailbox("a@b.example")) == b"From: a@b.example\r\n"
    mixed = header_line("From", Mailbox("a@b.example", "OOO Щ Parts"))
    assert mixed == b"From: OOO =?utf-8?b?0Kk=?= Parts <a@b.example>\r\n"
    address = "a" * (76 - len('From: "Help desk" <@b.example>')) + "@b.example"
    assert lengths(header_line("From", Mailbox(address, "Help desk"))) == [76]
    assert lengths(header_line("From", Mailbox("a" + address, "Help desk"))) == [17, 60]


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
