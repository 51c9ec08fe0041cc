"""The answers that tell one report from another: the first given ones, short, and none that says nothing."""

from __future__ import annotations

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.intake.deciding import deciding_answers
from wizard.tickets.snapshot import AnswerSnapshot

TRADESOFT = load_catalog(named_catalog("tradesoft"))


def deciding(situation: str, **answers: str) -> tuple[str, ...]:
    given = [AnswerSnapshot(id_, "", text, "Не знаю" if text == "unknown" else text) for id_, text in answers.items()]
    return deciding_answers(TRADESOFT, TRADESOFT.situations[situation], given)


def test_a_brand_stands_behind_its_part_number_and_counts_with_it_as_one() -> None:
    assert deciding("pricing_all", article="OC90", brand="Mahle", site_url="https://detal36.example") == (
        "OC90 Mahle",
        "detal36.example",
    )


def test_only_the_first_two_answers_are_shown_in_the_order_of_the_catalog() -> None:
    assert deciding("ws_all", brand="Mahle", site_url="https://detal36.example", article="OC90") == (
        "detal36.example",
        "OC90 Mahle",
    )
    assert len(deciding("order_one_item", article="OC90", brand="Mahle", supplier_names="Emex")) == 2


@pytest.mark.parametrize(
    "address", ["https://detal36.example/cart?key=1", "http://detal36.example:8080/", "https://DETAL36.example"]
)
def test_a_web_address_is_shown_as_its_host(address: str) -> None:
    assert deciding("site_down", site_url=address) == ("detal36.example",)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://detal36.example/cart?key=1", "detal36.example/cart"),
        ("https://detal36.example/catalog/brakes/disc.html#top", "detal36.example/…/disc.html"),
        ("https://detal36.example/%D0%BA%D0%BE%D1%80%D0%B7%D0%B8%D0%BD%D0%B0/", "detal36.example/корзина"),
        ("https://detal36.example/cart;jsessionid=ABCDEF", "detal36.example/cart"),
        ("https://detal36.example/?page=1", "detal36.example"),
        ("https://detal36.example/%ff", "detal36.example/%ff"),
        ("https://detal36.example/a/%70assword=Zima2024Sneg", "detal36.example/…/password=***"),
        ("https://detal36.example/token=***[::1]/cart", "detal36.example/…/cart"),
        ("https://user@***::1]:80/cart", "***::1]/cart"),
    ],
)
def test_a_page_is_shown_with_the_last_part_of_its_path(address: str, shown: str) -> None:
    assert deciding("site_page_error", page_url=address) == (shown,)


def test_what_is_not_known_or_not_given_is_no_deciding_answer() -> None:
    assert deciding("acc_docs", acc_topic="unknown") == ()
    assert deciding("site_down", site_url="  ", details="Белая страница") == ()
    assert deciding("acc_other", details="Вопрос") == ()


def test_an_answer_of_several_lines_stands_in_one() -> None:
    lines = "Заказ 45812\n от 10:15"
    assert deciding("sync_partial", sync_example=lines) == ("Заказ 45812 от 10:15",)


@pytest.mark.parametrize("name", ["tradesoft", "hosting"])
def test_every_situation_that_asks_for_more_than_words_says_what_decides(name: str) -> None:
    catalog = load_catalog(named_catalog(name))
    silent = [id_ for id_, situation in catalog.situations.items() if not situation.deciding]
    words = {
        "auth_other",
        "pay_other",
        "ws_other",
        "pl_other",
        "sync_setup",
        "sync_other",
    }  # what is asked there is wide of the mark
    words |= {"acc_contacts", "acc_other", "q_howto", "q_feature", "panel_login", "wish"}
    assert set(silent) <= words
