"""Secrets are found wherever they are planted, and part numbers are none."""

from __future__ import annotations

import random

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.secrets import redact_secrets, secrets_in

BOOK = load_catalog(named_catalog("tradesoft")).phrasebook

PLANTED = [
    ("password", "Пароль от базы Qwerty!23, зайдите и посмотрите", "Qwerty!23"),
    ("password", "логин admin пароль: zxc123", "zxc123"),
    ("password", "Пароль — Sklad2026! от админки", "Sklad2026!"),
    ("password", "пароль для пользователя такой «Tr0ub4dor»", "Tr0ub4dor"),
    ("password", "password for the shop is hunter2", "hunter2"),
    ("password", "pwd=letmein99", "letmein99"),
    ("password", "пароль 8841", "8841"),
    ("card", "списали с карты 4111 1111 1111 1111 дважды", "4111 1111 1111 1111"),
    ("card", "карта 2200000000000004", "2200000000000004"),
    ("license_key", "ключ лицензии AB12-CD34-EF56-GH78 не подходит", "AB12-CD34-EF56-GH78"),
    ("token", "Authorization: Bearer abcdefghijklmnopqrstuvwx123", "abcdefghijklmnopqrstuvwx123"),
    ("token", "ключ api sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ("token", "токен: 9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
    ("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP"),
]


@pytest.mark.parametrize(("kind", "text", "secret"), PLANTED, ids=[secret for _, _, secret in PLANTED])
def test_a_planted_secret_is_found_with_its_place(kind, text, secret):
    secrets = secrets_in(BOOK, text)
    assert [(match.kind, text[match.start : match.end]) for match in secrets] == [(kind, secret)]
    assert secret not in redact_secrets(text, secrets)


@pytest.mark.parametrize(
    "text",
    [
        "Забыл пароль, письмо восстановления не приходит",
        "после ввода логина и пароля возвращает на ту же форму",
        "пароль правильный, проверили",
        "как сменить пароль пользователю?",
        "ключ не принимает программа",
        "Нарушение целостности: повторяющийся ключ",
        "VIN JN1TANT31U0000000, артикул 04465-33471",
        "счёт 40702810500000000001, ИНН 3666000000",
        "password reset does not work",
    ],
)
def test_what_only_names_a_secret_holds_none(text):
    assert secrets_in(BOOK, text) == ()


def part_numbers(count):
    chance = random.Random(20261124)
    shapes = [
        "#####-#####",
        "## ## ####",
        "##########",
        "A####??###",
        "?## ### ### ###",
        "#### #### ####",
        "??-####-##",
    ]
    for _ in range(count):
        yield "".join(
            str(chance.randrange(10))
            if sign == "#"
            else chance.choice("ABCDEFGHKLMNPRSTVWXYZ")
            if sign == "?"
            else sign
            for sign in chance.choice(shapes)
        )


def test_no_part_number_of_ten_thousand_is_taken_for_a_secret_of_another_kind_or_for_a_card():
    # No shape is a bare run of sixteen digits: one that passes Luhn and begins as an issuer's does *is* a card number.
    numbers = list(part_numbers(10_000))
    wrong = [number for number in numbers if secrets_in(BOOK, f"не вижу цену на артикул {number}, производитель BOSCH")]
    assert wrong == []
