"""A subject is one short line in which a list of sixty is read, and which no program takes for anything else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from header_payloads import PAYLOADS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from letters_under_test import DESK, SNAPSHOT, WHEN

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter
from wizard.mail.subject import LONGEST_LINE, subject_line
from wizard.mail.thread import base_subject
from wizard.tickets.snapshot import TicketSnapshot

Deliver = Callable[[Letter], EmailMessage]

OURS = "[##{number}##]"
BY_RECEIPT = replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q")
TAGS_OF_DESKS = ("[rt.desk.example #{number}]", "[Ticket#{number}]", "Заявка-{number}", "{number}/SUP", "Case {number}")

LEFT_OUT = ("Mn", "Mc", "Me", "Cf")
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"

DIGITS = (
    "1",
    "12345",
    "１２３４５",
    "①②③④⑤",
    "¹²³⁴⁵",
    "٣٤٥٦٧",
    "1️⃣2️⃣3️⃣4️⃣5️⃣",
    "1\u200b2\u03013\u31644\u20605",
    "⑽⑾",
    "𝟙𝟚𝟛𝟜𝟝",
)
BRACKETS = ("[", "]", "#", "［", "］", "＃", "﹟", "﹇", "##", "=?", "?=", "=#?", "=\u3164?")
WORDS = (
    "Заявка-",
    "Case ",
    "/SUP",
    "Ticket",
    "щ",
    " ",
    "\n",
    "\r\nBcc: a@b.example",
    "\u202e",
    "\u2067",
    "\ud800",
    "а" * 40,
)
hostile = st.one_of(
    st.lists(st.sampled_from(DIGITS + BRACKETS + WORDS), max_size=14).map("".join),
    st.sampled_from(PAYLOADS),
    st.text(st.characters(), max_size=120),
)


def assert_sound(line: str, tags: tuple[str, ...] = ()) -> None:
    """What holds of every subject line, for readers too that normalise it and leave out what has no width."""
    assert line.strip() == line and 0 < len(line) <= LONGEST_LINE
    assert line.splitlines() == [line] and line.isprintable() and "=?" not in line
    for form in ("NFC", "NFKC", "NFKD"):
        reading = unicodedata.normalize(form, line)
        bare = "".join(sign for sign in reading if unicodedata.category(sign) not in LEFT_OUT and sign not in BLANKS)
        for text in (reading, bare):
            assert not re.search(r"[\[\]#]|\d{5}", text), text
            for tag in tags:
                before, _, after = tag.partition("{number}")
                own = re.escape(before) + r"\s*\d+\s*" + re.escape(after)
                assert not re.search(own, text, re.IGNORECASE), (tag, text)


@settings(max_examples=300, deadline=None)
@given(situation=hostile, deciding=st.lists(hostile, max_size=3), words=hostile, who=hostile)
@example(situation="###", deciding=["", "[]"], words="12345", who="\u3164")
def test_whatever_is_typed_the_line_is_short_and_holds_nothing_that_programs_read(
    situation: str, deciding: list[str], words: str, who: str
) -> None:
    assert_sound(subject_line(situation, deciding, words, who, (OURS, *TAGS_OF_DESKS)), TAGS_OF_DESKS)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=hostile, tag=st.sampled_from(TAGS_OF_DESKS))
@example(text="О заявке-1234 и ЗАЯВКА- 77", tag="Заявка-{number}")
@example(text="1234/SUP", tag="{number}/SUP")
def test_no_stored_line_brings_a_tag_into_a_letter_whatever_the_desk_writes_today(
    deliver: Deliver, text: str, tag: str
) -> None:
    desk, snapshot = replace(DESK, desk_tag=tag), replace(SNAPSHOT, subject_line=text or "?")
    follow_up = compose_follow_up(snapshot, desk, "x", follow_up_number=1, created_at=WHEN, verified=True)
    for letter, before in ((compose_desk_letter(snapshot, desk), ""), (follow_up, "Re: ")):
        subject = str(deliver(letter)["Subject"])
        head = f"{before}[##100001##] [ВНЕ ОЧЕРЕДИ] "
        assert subject.startswith(head)
        assert_sound(subject.removeprefix(head), (tag,))


LONG_SITUATION = "Не удаётся ни зарегистрироваться, ни войти, ни восстановить пароль на сайте"
LONG_NAME = "Общество с ограниченной ответственностью «Торговый дом Восток»"


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"who": "ИП Соколов А. В."}, "Сайт не работает — ИП Соколов А. В."),
        ({}, "Сайт не работает"),
        ({"deciding": ["detal36.example"]}, "Сайт не работает: detal36.example"),
        (
            {"deciding": ["detal36.example"], "words": "белая страница", "who": "Андрей"},
            "Сайт не работает: detal36.example; белая страница — Андрей",
        ),
        ({"words": "белая страница", "who": "Андрей"}, "Сайт не работает: белая страница — Андрей"),
        (
            {"deciding": ["0986494294 BOSCH", "458120"], "words": "Нет 4581234 уже", "who": "Договор 123456"},
            "Сайт не работает: 0986 4942 94 BOSCH, 4581 20; Нет … уже — Договор 1234 56",
        ),
        ({"deciding": ["12345", "123456789"]}, "Сайт не работает: 123 45, 1234 567 89"),
        ({"words": "[SOS] #1 в списке?", "who": "[VIP] Андрей"}, "Сайт не работает: (SOS) 1 в списке? — (VIP) Андрей"),
        ({"deciding": ["１２３４５ Bosch"]}, "Сайт не работает: 123 45 Bosch"),
        ({"words": "№ 5, ½ и ГОСТ", "who": "№ 1"}, "Сайт не работает: № 5, 1⁄2 и ГОСТ — № 1"),
        ({"words": "по обр-7k3m-9q и ОБР7K3M9Q", "who": "ОБР-7K3M-9Q"}, "Сайт не работает: по … и …"),
        ({"deciding": ["…", "--"], "words": "12345", "who": "##"}, "Сайт не работает"),
    ],
)
def test_a_line_says_situation_what_decides_and_who(parts: dict[str, object], line: str) -> None:
    assert subject_line("Сайт не работает", **parts) == line  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (
            {"deciding": ["OC 47 KNECHT / MAHLE"], "who": LONG_NAME},
            "Не удаётся ни зарегистрироваться…: OC 47 KNECHT / MAHLE — Общество…",
        ),
        (
            {"words": "с утра возвращает на ту же форму без всякого сообщения", "who": "ИП Соколов"},
            "Не удаётся ни зарегистрироваться, ни войти…: с утра возвращает… — ИП Соколов",
        ),
        ({"who": LONG_NAME}, "Не удаётся ни зарегистрироваться, ни войти… — Общество с ограниченной…"),
        (
            {"deciding": ["x" * 200], "who": "y" * 200},
            "Не удаётся ни зарегистрироваться…: xxxxxxxxxxxxxxxxxxx… — yyyyyyyyyyyyyyyyyyy…",
        ),
    ],
)
def test_where_all_is_too_long_each_part_is_cut_at_a_word_and_none_goes(parts: dict[str, object], line: str) -> None:
    assert subject_line(LONG_SITUATION, **parts) == line  # type: ignore[arg-type]


def test_a_second_answer_is_shown_where_whole_words_of_it_fit() -> None:
    long, who = "Emex, Автоспутник, Берг, Армтек, Росско", "Автомир Тула"
    assert subject_line("Поставщика нет", ["Emex", "OC 47 KNECHT"], "", who) == (
        "Поставщика нет: Emex, OC 47 KNECHT — Автомир Тула"
    )
    assert "OC 47 KNECHT" in subject_line("Поставщика нет в проценке", [long, "OC 47 KNECHT"], "", who)
    mailboxes = ["klient@pochta.example", "manager-2@zapchasti.example"]
    assert subject_line("Письма не доходят до получателя", mailboxes, "", who) == (
        "Письма не доходят до получателя: klient@pochta.example — Автомир Тула"
    )


def test_where_the_desk_numbers_the_receipt_code_stands_in_place_of_the_tag(deliver: Deliver) -> None:
    follow_up = compose_follow_up(BY_RECEIPT, DESK, "x", follow_up_number=1, created_at=WHEN, verified=True)
    subject = "ОБР-7K3M-9Q [ВНЕ ОЧЕРЕДИ] Проценка пуста у всех поставщиков: OC90 KNECHT — ИП Соколов А. В."
    assert deliver(compose_desk_letter(BY_RECEIPT, DESK))["Subject"] == subject
    assert deliver(follow_up)["Subject"] == f"Re: {subject}"


@pytest.mark.parametrize(
    ("snapshot", "subject"),
    [
        (SNAPSHOT, "[##100001##] [ВНЕ ОЧЕРЕДИ] Проценка: нет результатов от всех поставщиков — ИП Соколов А. В."),
        (BY_RECEIPT, "[ВНЕ ОЧЕРЕДИ] Проценка: нет результатов от всех поставщиков — ИП Соколов А. В."),
    ],
)
def test_a_ticket_of_a_former_version_keeps_the_subject_of_its_first_letter(
    snapshot: TicketSnapshot, subject: str
) -> None:
    assert base_subject(replace(snapshot, subject_line=""), DESK) == subject
