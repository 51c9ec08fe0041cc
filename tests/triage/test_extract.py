"""A client who wrote everything in one go types nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.extract import extract_facts

CATALOG = load_catalog(named_catalog("tradesoft"))
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def extracted(situation, text):
    return extract_facts(CATALOG, CATALOG.situations[situation], text, NOW)


@pytest.mark.parametrize(
    ("situation", "text", "question", "value"),
    [
        ("site_down", "лежит shina-market.example, почта info@shina.example", "site_url", "shina-market.example"),
        ("site_down", "пишет «Сайт заблокирован хостером»", "error_text", "Сайт заблокирован хостером"),
        ("site_down", "не грузится со вчера, вчера с 21:40 точно", "started", "вчера 21:40"),
        ("site_down", "with an error since 9:15 today", "started", "today 9:15"),
        ("site_access", "наш адрес 198.51.100.7, роутер 192.168.0.1", "ip", "198.51.100.7"),
        ("site_slow", "еле ползёт https://a.example/cat/?p=2.", "page_url", "https://a.example/cat/?p=2"),
        ("pricing_all", "артикул W 712 MANN пусто", "article", "W 712"),
        ("pricing_all", "проверяла на 1457429185 BOSCH", "brand", "BOSCH"),
        ("order_missing", "не вижу заказ клиента № 45812 от 20.11", "order_no", "45812"),
        ("order_missing", "order 45812 is not in the list", "order_no", "45812"),
        ("pay_one", "не проходит через робокассу, по СБП тоже", "pay_system", "Робокасса, СБП"),
        ("app_error", "версия программы 5.17.2, ошибка при проведении", "app_version", "5.17.2"),
        ("order_missing", "захожу под логином opt-klient-17, всё висит", "as_user", "opt-klient-17"),
        ("ws_catalog_one", "не находит JN1TANT31U0000000 в каталоге", "vin", "JN1TANT31U0000000"),
        ("pricing_supplier", "Emex молчит, остальные отвечают", "supplier_names", "Emex"),
        ("site_down", "вместо сайта 502 Bad Gateway", "error_text", "502 Bad Gateway"),
        ("site_down", "выдаёт ошибку 503 на всех страницах", "error_text", "HTTP 503 Service Unavailable"),
        ("site_down", "в браузере ERR_CONNECTION_TIMED_OUT", "error_text", "ERR_CONNECTION_TIMED_OUT"),
        ("site_down", "лежит с утра", "started", "сегодня около 9:00"),
        ("site_down", "лежит с утра, точнее с 10:40", "started", "10:40"),
        ("site_down", "упал вчера вечером", "started", "вчера около 19:00"),
        ("site_down", "down since this morning", "started", "today about 9:00"),
    ],
)
def test_what_a_text_states_is_prefilled_where_it_is_asked(situation, text, question, value):
    assert extracted(situation, text)[question] == value


@pytest.mark.parametrize(
    ("situation", "text", "question"),
    [
        ("site_down", "пишите на info@shina.example", "site_url"),
        ("site_access", "внутренний адрес 192.168.0.10", "ip"),
        ("site_slow", "сайт shina.example еле ползёт", "page_url"),
        ("pricing_all", "заказ 45812 от 20.11", "article"),
        ("site_down", "раздел «Новости» пропал", "error_text"),
        ("site_down", "пишу с info@shina.example", "reg_email"),
        ("site_down", "не открывается ни у кого", "reach"),
        ("order_missing", "заказ пропал 20.11 в 10:15", "order_no"),
        ("app_error", "не та версия", "app_version"),
        ("order_missing", "логин не принимает", "as_user"),
        ("site_down", "выдаёт ошибку 1045", "error_text"),
        ("mail_bounce", "пишите на klient@pochta.example, письма не доходят", "mail_to"),
    ],
)
def test_what_a_text_does_not_state_is_not_made_up(situation, text, question):
    assert question not in extracted(situation, text)


def test_a_part_of_the_day_that_lies_ahead_is_not_offered():
    early = NOW.replace(hour=3)
    facts = extract_facts(CATALOG, CATALOG.situations["site_down"], "не работает с утра", early)
    assert "started" not in facts


@given(text=st.text(max_size=400), situation=st.sampled_from(sorted(CATALOG.situations)))
@settings(deadline=None, max_examples=100)
def test_any_text_is_read(text, situation):
    assert isinstance(extracted(situation, text), dict)


def test_the_form_shows_what_a_text_states_in_its_input_and_sends_nothing_by_itself(make_app):
    client = make_app().test_client()
    typed = {"details": "Белая страница, 503 с 0:01 на shina-market.example", "reach": "everyone", "action": "check"}
    page = client.post("/ru/site/site_down/", data=typed)
    assert page.status_code == 422
    shown = BeautifulSoup(page.get_data(as_text=True), "html.parser")
    assert shown.select_one("[name=site_url]")["value"] == "shina-market.example"
    assert "нашли в Ваших словах" in shown.get_text()


def test_what_was_typed_is_never_replaced(make_app):
    typed = {"details": "лежит shina-market.example", "site_url": "http://[", "action": "check"}
    page = make_app().test_client().post("/ru/site/site_down/", data=typed)
    shown = BeautifulSoup(page.get_data(as_text=True), "html.parser")
    assert shown.select_one("[name=site_url]")["value"] == "http://["
