"""By what similar reports and clients are told: the same however it was written, and nothing to read from."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.intake.similar_keys import client_key, grouped_by, similar_key
from wizard.tickets.report import Value
from wizard.tickets.snapshot import Reporter

TRADESOFT = load_catalog(named_catalog("tradesoft"))
HOSTING = load_catalog(named_catalog("hosting"))
KEY = "a key of the tests"


def key_of(situation: str, answers: Mapping[str, Value], secret: str = KEY) -> str | None:
    """The key of a report's answers."""
    catalog = TRADESOFT if situation in TRADESOFT.situations else HOSTING
    return similar_key(secret, catalog, catalog.situations[situation], answers)


@pytest.mark.parametrize(
    ("situation", "question", "alike", "other"),
    [
        (
            "site_down",
            "site_url",
            ("https://detal36.example/", "http://WWW.Detal36.example/cart?x=1", "https://detal36.example:8443"),
            "https://shop.detal36.example/",
        ),
        (
            "site_down",
            "site_url",
            ("https://детали.example/", "https://www.xn--80ahdno4b.example/"),
            "https://x.example",
        ),
        ("pricing_supplier", "supplier_names", ("Emex, Росско", "росско;  «EMEX»", "Emex, emex, Росско"), "Emex"),
        ("site_domain_ssl", "domain", ("detal36.example", "www.detal36.example"), "detal37.example"),
    ],
)
def test_the_same_thing_has_the_same_key_however_it_was_written(
    situation: str, question: str, alike: tuple[str, ...], other: str
) -> None:
    keys = {key_of(situation, {question: answer}) for answer in alike}
    assert len(keys) == 1 and None not in keys
    assert key_of(situation, {question: other}) not in keys


def test_a_mailbox_stands_for_its_domain() -> None:
    situation = next(id_ for id_, asked in HOSTING.asked_in.items() if any(a.question.id == "mailbox" for a in asked))
    first = key_of(situation, {"mailbox": "office@shop.example"})
    assert first is not None and first == key_of(situation, {"mailbox": "Sales@SHOP.example, a@shop.example"})


def test_the_first_answered_question_counts_and_is_named() -> None:
    situation = TRADESOFT.situations["ws_catalog_one"]
    answers = {"catalog_name": "Toyota", "page_url": "https://detal36.example/"}
    assert grouped_by(TRADESOFT, situation, answers) == "catalog_name"
    assert grouped_by(TRADESOFT, situation, {"page_url": "https://detal36.example/"}) == "page_url"
    assert key_of("ws_catalog_one", answers) == key_of("ws_catalog_one", {"catalog_name": "TOYOTA"})
    assert grouped_by(TRADESOFT, situation, {}) == "" and key_of("ws_catalog_one", {}) is None
    assert key_of("pricing_supplier", {"supplier_names": " , ; "}) is None


def test_a_client_is_known_by_the_mailbox_or_else_by_the_name() -> None:
    def key(**who: str) -> str | None:
        return client_key(KEY, Reporter(**who))

    assert key(registered_email="Buh+1@detal36.example") == key(reply_to="b.u.h@DETAL36.example", name="Анна")
    assert key(registered_email="buh@detal36.example", reply_to="anna@mail.example") == key(
        registered_email="buh@detal36.example", registered_name="ООО Детали"
    )
    assert key(registered_name="ООО  «Детали»") == key(registered_name="ооо «детали»")
    assert key(registered_name="buh@detal36.example") != key(registered_email="buh@detal36.example")
    assert key(name="Анна", phone="+7 900 000-00-00") is None


def test_the_key_depends_on_the_secret_key_and_says_nothing() -> None:
    answers = {"supplier_names": "Emex"}
    key = key_of("pricing_supplier", answers)
    assert key is not None and len(key) == 32 and "emex" not in key
    assert key != key_of("pricing_supplier", answers, "another key")
