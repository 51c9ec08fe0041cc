"""The masker: what it masks, by kind and place; what it leaves; and that no text costs it more than its length."""

from __future__ import annotations

import random
import time

import pytest

from wizard.values.secrets import MASK, mask_secrets, secrets_in

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP"
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
    ("token", f"вот: {JWT}", JWT),
    ("token", "заявка https://help.desk.example/ru/tickets/aB3-xY_9kLmN0pQr5sTu7w/ закрыта", "aB3-xY_9kLmN0pQr5sTu7w"),
]


@pytest.mark.parametrize(("kind", "text", "secret"), PLANTED, ids=[secret for _, _, secret in PLANTED])
def test_a_planted_secret_is_found_with_its_place(kind: str, text: str, secret: str) -> None:
    secrets = secrets_in(text)
    assert [(match.kind, text[match.start : match.end]) for match in secrets] == [(kind, secret)]
    assert (secret in mask_secrets(text)) == (kind == "card"), "card numbers are refused, not masked"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("?token=abc&sid=12ab&q=1", "?token=***&sid=***&q=1"),
        ("пароль: qwerty, логин: admin", "пароль: ***, логин: admin"),
        ('{"password": "два слова"}', '{"password": "***"}'),
        ("API_KEY = x12", "API_KEY = ***"),
        ("token%3Dabc1", "token%3D***"),
        ("https://shop:Qwerty77@shop.example/1c", "https://shop:***@shop.example/1c"),
        ("логин/пароль: manager/Zima-2025, спасибо", "логин/пароль: manager/***, спасибо"),
        ("keyboard=5 monkey=3 key: F5", "keyboard=5 monkey=3 key: F5"),
        ("?key=OC90&brand=", "?key=OC90&brand="),
        ("$db['password'] = 'x'; $db['password'] = 'gT7kk2'", "$db['password'] = 'x'; $db['password'] = '***'"),
        ("Пароль:     Zz12345", "Пароль:     ***"),
        ("код доступа 403, код доступа 4031", "код доступа 403, код доступа ***"),
        ("Забыл пароль, помогите", "Забыл пароль, помогите"),
        ("пароль правильный, проверили", "пароль правильный, проверили"),
        ("см. X509CertificateMapping, x-ms-skip-url-encoding", "см. X509CertificateMapping, x-ms-skip-url-encoding"),
        ("?carried=aB3-xY_9kLmN0pQr5sTu7w&q=1", "?carried=***&q=1"),
        ("/EN/Tickets/" + "b" * 22, "/EN/Tickets/***"),
        ("счёт 40702810500000000001, ИНН 3666000000", "счёт 40702810500000000001, ИНН 3666000000"),
    ],
)
def test_only_the_value_of_a_secret_is_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked
    assert mask_secrets(masked) == masked


@pytest.mark.parametrize(
    "name", ["праоль", "пороль", "паролль", "пaроль", "gfhjkm", "parol", "pasword", "құпия сөз", "şifre"]
)
def test_typos_other_alphabets_and_the_wrong_keyboard_layout_are_read(name: str) -> None:
    assert mask_secrets(f"{name}: Sklad2026") == f"{name}: {MASK}"


def test_a_catalog_may_add_words_before_a_secret() -> None:
    assert mask_secrets("сезам Sklad2026") == "сезам Sklad2026"
    assert mask_secrets("Сезам Sklad2026", {"сезам"}) == "Сезам ***"


@pytest.mark.parametrize("length", range(3, 12))
def test_a_masked_text_is_never_longer(length: int) -> None:
    text = "пароль: " + "Ab1!Cd2?Ef3#"[:length]
    assert len(mask_secrets(text)) <= len(text)


def part_numbers(count: int):
    chance = random.Random(20261124)
    shapes = ["#####-#####", "## ## ####", "##########", "A####??###", "?## ### ### ###", "#### #### ####",
              "??-####-##", "????-####-####-????", "?###-####-####-??##"]  # fmt: skip
    for _ in range(count):
        yield "".join(
            str(chance.randrange(10))
            if sign == "#"
            else chance.choice("ABCDEFGHKLMNPRSTVWXYZ")
            if sign == "?"
            else sign
            for sign in chance.choice(shapes)
        )


@pytest.mark.parametrize("around", ["не вижу цену на артикул {}, производитель BOSCH", "?key={}&brand=BOSCH", "{}"])
def test_no_part_number_of_ten_thousand_is_taken_for_a_secret_of_another_kind_or_for_a_card(around: str) -> None:
    # No shape is a bare run of sixteen digits: one that passes Luhn and begins as an issuer's does *is* a card number.
    texts = [around.format(number) for number in part_numbers(10_000)]
    assert [text for text in texts if secrets_in(text)] == []


@pytest.mark.parametrize(
    "repeated",
    [
        "1", "1 ", "4111 ", "password=", 'key="', "a_", "pass ", "пароль ", "пароль: ", "пароль от ",
        "пароль (", "пароль a.", "логин/пароль: ", "admin / ", "a:", "a/", "=", "<a ", "-p ", "--password ",
        "-u a:", "eyJ", "eyJ.", "Cookie: a=", "код из смс ", '"a":', "a@b.c ", "a@", "A1B2-", "доступ admin ",
        "bearer ", "-----BEGIN PRIVATE KEY-----", "://a:", "net use \\\\", "****1111 ", "identified by '",
        "u: a p: ", '"a" value=', "ключ ", "AAAAAA-", "pass: 1\n", "a\n",
        "пароль.......", "пароль:     ", "пароль:\n", "пароль приложения ", "пароль, ",
        "%22token%22%3A%22", "secretKey ", "PDO(a,a,",
        "redis-cli ", ".login('a',", "под a/", "кодовое слово ", "a: b c d e ",
        "код доступа 403 ", "password to ", "раздел admin / ",
    ],
)  # fmt: skip
def test_secrets_are_sought_in_linear_time(repeated: str) -> None:
    text = (repeated * 100_000)[:100_000]
    started = time.process_time()
    secrets_in(text)
    assert time.process_time() - started < 10.0, "under a second on an idle machine; its square would be minutes"
