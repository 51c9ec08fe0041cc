"""No text becomes a ticket's tag, not even for a reader that normalises what it reads first (threats E07)."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parseaddr
from html import unescape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from installation import Installation
from letters_under_test import DESK, WHEN, attached, html_of, plain_of, with_text

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter
from wizard.mail.sanitize import in_a_file_name, neutralise_tags

Deliver = Callable[[Letter], EmailMessage]
TAG = re.compile(r"##\s*\d+\s*##")
PART_OF_A_TAG = re.compile(r"##\s*\d|\d\s*##")
LEFT_OUT = ("Mn", "Mc", "Me", "Cf")
FILLERS = "\u115f\u1160\u3164\uffa0"
FORMS = ("NFC", "NFD", "NFKC", "NFKD")

HASHES = ("#", "＃", "﹟", "#️⃣", "#\u0338", "\u200b#", "#\u00ad", "#\u3164", "##", "＃#")
DIGITS = ("1", "１", "①", "¹", "𝟙", "٣", "1\u200d", "1\u20e3", "100001", "⑽")
OTHERS = (" ", "\u00a0", "\n", "\u200b", "\ufeff", "\u0301", "[", "［", "]", "щ", "Заявка N ", "\u2060", "\ud800")
nasty = st.lists(st.sampled_from(HASHES + DIGITS + OTHERS), max_size=14).map("".join)


def lenient(text: str) -> list[str]:
    """What readers make of a text that normalise it, fold its case, and leave out marks and what has no width."""
    readings = [text]
    for form in FORMS:
        reading = unicodedata.normalize(form, text)
        readings += [reading, reading.casefold()]
    bare = [
        "".join(sign for sign in reading if unicodedata.category(sign) not in LEFT_OUT and sign not in FILLERS)
        for reading in readings
    ]
    readings += [*bare, *(unicodedata.normalize("NFKC", reading.casefold()) for reading in bare)]
    return readings


def holds_tag(text: str, tag: re.Pattern[str] = TAG) -> bool:
    """Whether any reader finds a tag."""
    return any(tag.search(reading) for reading in lenient(text))


@pytest.mark.parametrize("hashes", ["##", "＃＃", "﹟﹟", "#️⃣#️⃣", "#\u200b#", "#\u0338#", "＃\u2060#", "#\u3164#"])
@pytest.mark.parametrize("number", ["100001", "１００００１", "①②③", "1\u200b0\u200d1", " 100001 ", "\n7\n", "٣٤٥"])
def test_every_spelling_of_a_tag_is_broken(hashes: str, number: str) -> None:
    typed = f"Re: [{hashes}{number}{hashes}] и дальше"
    assert holds_tag(typed), "the reader of this test would find it"
    assert not holds_tag(neutralise_tags(typed), PART_OF_A_TAG)
    assert not holds_tag(in_a_file_name(f"{typed}.png"))


@settings(max_examples=150, deadline=None)
@given(nasty)
@example("##1##1##1##")
def test_no_text_at_all_holds_a_tag_afterwards(text: str) -> None:
    assert not holds_tag(neutralise_tags(text), PART_OF_A_TAG)
    assert not holds_tag(in_a_file_name(text), PART_OF_A_TAG)


@settings(max_examples=60, deadline=None)
@given(before=nasty, word=st.sampled_from(["Ticket#", "TICKET ＃", "Ｔicket﹟", "ti\u00adcket\u200b #"]), after=nasty)
def test_no_text_holds_a_tag_of_another_pattern_afterwards(before: str, word: str, after: str) -> None:
    text, tag = f"{before}[{word}100001{after}", re.compile(r"ticket\s*#\s*\d", re.IGNORECASE)
    assert holds_tag(text, tag)
    for pattern in ("[Ticket#{number}]", "Ticket # {number}"):
        words = pattern.partition("{")[0].lower().split()
        own = re.compile(r"\s+".join(map(re.escape, words)) + r"\s*\d")
        assert not holds_tag(neutralise_tags(text, pattern), own)
    assert not holds_tag(neutralise_tags("１００００１／ＳＵＰ и 7/sup", "{number}/SUP"), re.compile(r"\d\s*/sup"))


def test_no_other_sign_is_a_hash_for_anybody() -> None:
    """Of all signs that Python knows: the quick look before the careful one misses none."""
    signs = map(chr, range(sys.maxunicode + 1))
    hashes = {sign for sign in signs if "#" in unicodedata.normalize("NFKD", sign)}
    assert hashes == set("#＃﹟")
    assert all(neutralise_tags(f"{a}{b}100001##") != f"{a}{b}100001##" for a in hashes for b in hashes)


def test_honest_words_stay_as_they_are() -> None:
    for text in ("C# и F#", "#1 в списке", "№ 100001", "Заказ #12345", "＃tag", "1️⃣ первое", "a # b", "Йод-й"):
        assert neutralise_tags(text) == text
    assert neutralise_tags("## Заголовок").replace("\u200b", "") == "## Заголовок"


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty)
@example("＃＃100001＃＃")
@example("#️⃣#️⃣100001#️⃣#️⃣")
def test_no_letter_holds_a_tag_but_ours(deliver: Deliver, text: str) -> None:
    snapshot, files = with_text(text), [attached(f"{text}.png")]
    for letter in (
        compose_desk_letter(snapshot, DESK, files),
        compose_follow_up(snapshot, DESK, text, files, follow_up_number=1, created_at=WHEN, verified=True),
    ):
        message = deliver(letter)
        subject = str(message["Subject"])
        before, own, rest = subject.partition("[##100001##]")
        assert own
        shown = unescape(re.sub("<[^>]*>", "", html_of(message)))
        names = [part.get_filename() or "" for part in message.walk()]
        for place in (before, rest, parseaddr(str(message["From"]))[0], plain_of(message), shown, *names):
            assert not holds_tag(place)


RT_TAG = "[rt.desk.example #{number}]"
TAG_OF_RT = re.compile(r"\[rt\.desk\.example\s*#\s*\w")


@pytest.mark.parametrize(
    "typed",
    [
        "[rt.desk.example #4711]",
        "Re: [RT.Desk.Example  #4711] цены",
        "［rt.desk.example ＃４７１１］",
        "[rt.desk\u200b.example\n#\ufe0f4711]",
        "[rt.desk.example #SUP-12]",
    ],
)
def test_no_letter_holds_a_tag_of_the_help_desk_but_the_one_that_it_told(deliver: Deliver, typed: str) -> None:
    assert holds_tag(typed, TAG_OF_RT), "the reader of this test would find it"
    desk = replace(DESK, desk_tag=RT_TAG)
    snapshot, files = with_text(typed), [attached(f"{typed}.png")]
    snapshot = replace(snapshot, subject=typed)
    follow_up = compose_follow_up(
        snapshot, desk, typed, files, follow_up_number=1, created_at=WHEN, verified=True, desk_reference="4711"
    )
    for letter in (compose_desk_letter(snapshot, desk, files), follow_up):
        message = deliver(letter)
        subject = str(message["Subject"]).replace("Re: [rt.desk.example #4711] ", "Re: ", 1)
        shown = unescape(re.sub("<[^>]*>", "", html_of(message)))
        names = [part.get_filename() or "" for part in message.walk()]
        assert any("4711" in name or "12]" in name or "４７１１" in name for name in names), names
        for place in (subject, parseaddr(str(message["From"]))[0], plain_of(message), shown, *names):
            assert not holds_tag(place, TAG_OF_RT), place
            assert not holds_tag(place.replace("[##100001##] ", ""))


def test_words_that_only_look_like_a_help_desks_tag_stay_as_they_are() -> None:
    for text in ("rt.desk.example 4711", "[rt.desk.example]", "Заказ #4711", "[#4711]"):
        assert neutralise_tags(text, "[##{number}##]", RT_TAG) == text
    assert neutralise_tags("[Андрей] пишет", "[{number}]") == "[Андрей] пишет"
    assert neutralise_tags("Re: [4711] ответ", "[{number}]") == "Re: [·4711] ответ"


def test_a_wide_tag_typed_into_the_form_joins_no_thread(desk: Installation) -> None:
    """From the form to the desk's inbox, in the name and in the words."""
    desk.send(
        "q_unclear", reg_name="＃＃654321＃＃ Detal", contact_name="#️⃣#️⃣654321#️⃣#️⃣", details="О заявке ［＃＃654321＃＃］"
    )
    desk.run_worker()
    [letter] = desk.inbox
    subject = str(letter["Subject"]).partition("] ")[2]
    assert subject == "Ситуация не выбрана: О заявке ( … ) — 6543 21 Detal"
    for place in (str(letter["From"]), plain_of(letter), html_of(letter)):
        assert "654321" in place
        assert not holds_tag(place)
