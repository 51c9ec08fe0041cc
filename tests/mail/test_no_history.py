"""Nothing in a letter looks like the history of a correspondence, which help desks cut away.

The expressions are those of email-reply-parser and mail-parser-reply; tests/desks feeds the libraries themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from every_letter import LETTERS
from letters_under_test import DESK, SNAPSHOT, WHEN, as_typed, flat, html_of, indented, json_of, plain_of

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.fallback_letter import compose_fallback
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.history import unlike_history
from wizard.mail.message import Letter
from wizard.mail.text import unlike_history_in
from wizard.tickets.snapshot import Reporter

Deliver = Callable[[Letter], EmailMessage]

LIKE_HISTORY = """Поставщик пишет:
> Добрый день!
>> ещё раньше
On Mon, 3 Nov 2025, Sklad <sklad@postavka.example> wrote:
On Mon, 3 Nov 2025 at 10:15,
 Sklad wrote:
Иванов писал:
Le lun. 3 nov. 2025 à 10:15, Sklad <sklad@postavka.example> a écrit :
Am Mo., 3. Nov. 2025 um 10:15 Uhr schrieb Sklad <sklad@postavka.example>:
El lun, 3 nov 2025 a las 10:15, Sklad escribió:
Il giorno lun 3 nov 2025 alle ore 10:15 Sklad ha scritto:
Dnia 3 listopada 2025 10:15 Sklad napisał(a):
Sklad пише:
Sklad жазды:
From: sklad@postavka.example
Sent: Monday
*To:* zakaz@detal36.example
Subject: Re: 4471
От: Склад
-----Original Message-----
_______________________________________
-- 
Иван
-деталь OC47
- деталь W914/2
Sent from my iPhone
Get Outlook for iOS
Best regards
Thanks,
Warning: disk is full
Последняя строка"""

CUT = re.compile(
    r"^\s*>|(?:a écrit ?|escribió|ha scritto|napisał\(a\)|пише|жазды):|Am\s(?:.+?\s?)schrieb\s(?:.+?\s?.+?):"
    r"|On\s(?:.|\n)+?wrote:|^[* ]*(?:From|Sent|To|Subject|Date|Cc|Organization)[* ]*:|^(?:--|__|- ?\w)"
    r"|^Sent from my|^Get Outlook for|^(?:Best regards|Kind Regards|Thanks,|Thank you,|Best,|All the best|regards,)"
    r"|^(?:CAUTION|Disclaimer|Warning|Confidential):|^-{5,} ?Original Message",
    re.MULTILINE | re.IGNORECASE,
)
"""What they look for once they have dropped the indents."""

TYPED = replace(
    SNAPSHOT,
    reporter=Reporter("Subject: тема", None, "manager@detal36.example", "> цитата", "+7 900 000-00-00"),
    brief=f"Нет результатов; {flat(LIKE_HISTORY)}",
    answers=tuple(replace(answer, text=LIKE_HISTORY, value=LIKE_HISTORY) for answer in SNAPSHOT.answers),
)


def ticket_and_follow_up(language: str = "ru") -> tuple[Letter, Letter]:
    """Letters whose client's words look like history everywhere."""
    desk = replace(DESK, language=language)
    follow_up = compose_follow_up(TYPED, desk, LIKE_HISTORY, follow_up_number=1, created_at=WHEN, verified=False)
    return compose_desk_letter(TYPED, desk), follow_up


@pytest.mark.parametrize("kind", LETTERS)
def test_no_letter_quotes(kind: str) -> None:
    letter, _ = LETTERS[kind]
    assert "<blockquote" not in letter.html
    assert re.search("^>", letter.text, re.MULTILINE) is None


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_line_of_a_ticket_or_a_follow_up_is_one_that_help_desks_cut(deliver: Deliver, language: str) -> None:
    for letter in ticket_and_follow_up(language):
        lines = plain_of(deliver(letter)).split("\n")
        assert CUT.findall("\n".join(line.strip() for line in lines)) == []


def test_words_that_look_like_history_are_whole_to_the_eye_in_html_and_in_json(deliver: Deliver) -> None:
    for letter in ticket_and_follow_up():
        message = deliver(letter)
        assert indented(LIKE_HISTORY) in as_typed(plain_of(message))
        assert "\u200b" not in html_of(message)
        fields = json_of(message)
        assert (fields["follow_up"] or fields["answers"][0])["text"] == LIKE_HISTORY


def test_every_letter_to_the_desk_ends_in_a_line_of_ours_since_last_words_are_taken_for_a_signature() -> None:
    ticket, follow_up = ticket_and_follow_up()
    assert ticket.text.endswith("\n\nТе же сведения для программ — во вложении ticket.json.\n")
    assert flat(follow_up.text).endswith(
        "Это дополнение 1, оно здесь целиком. Сама заявка — в первом письме переписки."
    )


def test_the_letter_of_last_resort_quotes_nothing_either() -> None:
    text = compose_fallback(TYPED, DESK, LIKE_HISTORY).text
    assert CUT.findall("\n".join(line.strip() for line in text.split("\n"))) == []


def test_a_sign_without_width_makes_no_line_longer_than_78() -> None:
    for line in LIKE_HISTORY.split("\n"):
        for length in range(60, 80):
            words = f"{'слово ' * 13}"[: max(length - len(line), 0)]
            for text in (f"{words}{line}", f"{line} {words}"):
                letter = compose_follow_up(
                    replace(SNAPSHOT, reporter=Reporter(None, None, None, text)),
                    DESK,
                    text,
                    follow_up_number=1,
                    created_at=WHEN,
                    verified=False,
                )
                lines = [*letter.text.split("\n"), *unlike_history_in(text)]
                assert max(map(len, lines)) <= 78, text
                assert flat(text) in flat(as_typed(letter.text))


@pytest.mark.parametrize("line", ["OC90", "https://detal36.example/a-b", "Ошибка 504: нет ответа", "  at /search (-1)"])
def test_other_lines_are_left_byte_for_byte(line: str) -> None:
    assert unlike_history(line) == line
