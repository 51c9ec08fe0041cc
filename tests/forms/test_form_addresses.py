"""E-mail, web, domain, IP and telephone: any shape is taken, one shape is kept."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("shop@detal36.example", "shop@detal36.example"),
        (" mailto:Shop@Detal36.Example?subject=x ", "Shop@detal36.example"),
        ("<shop@detal36.example>.", "shop@detal36.example"),
        ("shop@detal36.example,", "shop@detal36.example"),
        ("sh\u200bop@detal36.example\u00a0", "shop@detal36.example"),
        ("иван@пример.рф", "иван@пример.рф"),
        ("a@xn--e1afmkfd.xn--p1ai", "a@пример.рф"),
        ("a+tag@detal36.example", "a+tag@detal36.example"),
        ("o'neil@detal36.example", "o'neil@detal36.example"),
    ],
)
def test_an_email_address_is_kept_in_its_canonical_form(answer, typed: str, kept: str) -> None:
    assert answer("mailbox", typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "alice@ok.example)evil@x.example", '"a@evil.example"@ok.example', "alice(comment)@ok.example",
        "a@ok.example(x)",
        "Иван <ivan@ok.example>", "a@ok.example, b@ok.example", "group: a@ok.example;", "<@route.example:a@ok.example>",
        "a b@ok.example", "a@[203.0.113.25]", "a@localhost", "a@ok", "a@@ok.example", "a@ok..example", ".a@ok.example",
        "a@-ok.example", "=?utf-8?q?a?=@ok.example\r\nBcc: x@evil.example", "a@ok.example>,<b@evil.example",
        "x" * 65 + "@ok.example", "x@" + "y" * 260 + ".example", "\"\"@ok.example", "a\\@b@ok.example",
    ],
)  # fmt: skip
def test_an_address_that_two_programs_may_read_differently_is_not_taken(answer, typed: str) -> None:
    assert isinstance(answer("mailbox", typed), list)


def test_what_is_said_about_an_address_shows_the_example(answer) -> None:
    assert answer("mailbox", "магазин") == ["В адресе почты нужен знак @, например shop@detal36.example"]
    assert answer("mailbox", "shop@") == ["Проверьте адрес почты. Он выглядит так: shop@detal36.example"]


def test_several_addresses_are_parted_in_any_way(answer) -> None:
    assert answer("mailboxes", "a@x.example; b@x.example,a@x.example  c@x.example") == (
        "a@x.example, b@x.example, c@x.example"
    )
    assert isinstance(answer("mailboxes", ", ".join(f"a{n}@x.example" for n in range(11))), list)
    assert isinstance(answer("mailboxes", "a@x.example, b"), list)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("a@gmial.com", "a@gmail.com"), ("a@yandx.ru", "a@yandex.ru"), ("a@mial.ru", "a@mail.ru")],
)
def test_a_likely_typo_warns_and_lets_through(fill, typed: str, meant: str) -> None:
    form = fill(mailbox=typed)
    assert form.answers()["mailbox"] == typed
    assert [(advice.kind, advice.question) for advice in form.warnings] == [("typo", "mailbox")]
    assert meant in form.warnings[0].text


@pytest.mark.parametrize("typed", ["a@gmail.com", "a@ya.ru", "a@bk.ru", "a@detal36.example", "a@list.ru", "a@mai.ru"])
def test_a_good_domain_is_not_doubted(fill, typed: str) -> None:
    assert fill(mailbox=typed).warnings == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("detal36.example", "https://detal36.example"),
        ("HTTP://Detal36.example/Поиск?q=OC 47", "http://detal36.example/Поиск?q=OC%2047"),
        ("http:/detal36.example", "http://detal36.example"),
        ("//detal36.example/a", "https://detal36.example/a"),
        ("detal36.example:8080/admin", "https://detal36.example:8080/admin"),
        ("магазин.рф", "https://магазин.рф"),
        ("https://user:secret@detal36.example/", "https://detal36.example/"),
        ("https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        ("my_shop.detal36.example", "https://my_shop.detal36.example"),
        ("203.0.113.25/admin", "https://203.0.113.25/admin"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]/"),
        ("«https://detal36.example».", "https://detal36.example"),
    ],
)
def test_a_web_address_is_completed(answer, typed: str, kept: str) -> None:
    assert answer("page", typed) == kept


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "file:///etc/passwd"])
def test_an_address_of_another_kind_is_told_what_is_needed(answer, typed: str) -> None:
    assert answer("page", typed)[0].startswith("Нужен адрес страницы, который начинается с https:// или http://")


@pytest.mark.parametrize(
    "typed", ["магазин", "http://", "https://a..b", "http://a.example:99999", "http://[::1", "1.2.3"]
)
def test_what_is_no_web_address_is_shown_one(answer, typed: str) -> None:
    assert answer("page", typed)[0].startswith("Скопируйте адрес из адресной строки")


def test_a_domain_is_taken_out_of_an_address(answer) -> None:
    assert answer("domain", "https://Shop.Detal36.example:443/x?y") == "shop.detal36.example"
    assert answer("domain", "Пример.рф.") == "пример.рф"
    for typed in ("detal36", "a b.example", "-a.example", "203.0.113.25", "a" * 64 + ".example"):
        assert answer("domain", typed)[0].startswith("Укажите домен целиком")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("203.0.113.25", "203.0.113.25"),
        ("203.0.113.25:443", "203.0.113.25"),
        ("[2001:DB8::0001]:443", "2001:db8::1"),
        ("::ffff:203.0.113.25", "203.0.113.25"),
        ("203,0,113,25", "203.0.113.25"),
    ],
)
def test_an_ip_address_is_kept_in_its_shortest_form(answer, typed: str, kept: str) -> None:
    assert answer("address", typed) == kept


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("192.168.0.10", "внутренний адрес"),
        ("10.0.0.1:80", "внутренний адрес"),
        ("100.64.0.1", "внутренний адрес"),
        ("fd00::1", "внутренний адрес"),
        ("fe80::1", "внутренний адрес"),
        ("127.0.0.1", "адрес самого компьютера"),
        ("::1", "адрес самого компьютера"),
        ("224.0.0.1", "служебный адрес"),
    ],
)
def test_an_internal_ip_address_is_named_as_such(answer, typed: str, kind: str) -> None:
    address = typed.removesuffix(":80")
    assert answer("address", typed) == [f"{address} — {kind}. Укажите внешний IP-адрес"]


@pytest.mark.parametrize(
    "typed", ["+7 900 000-00-00", "8(900)0000000", "900 00 00", "+7 900 000-00-00 доб. 12345", "тел. 8 900 000 00 00"]
)
def test_a_phone_is_kept_in_the_shape_in_which_it_was_typed(answer, typed: str) -> None:
    assert answer("callback", typed) == typed


@pytest.mark.parametrize("typed", ["12345", "звоните", "1234567890123456"])
def test_what_cannot_be_dialled_is_told_how_many_digits_there_are(answer, typed: str) -> None:
    assert answer("callback", typed) == ["В номере телефона от 7 до 15 цифр, например +7 900 000-00-00"]
