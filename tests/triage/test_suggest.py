"""From what a client writes, the situations are ranked; about nothing known, nothing is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.suggest import Guide, suggest

CATALOG = load_catalog(named_catalog("tradesoft"))


def ranked(text):
    return [each.situation for each in suggest(CATALOG, text)]


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("не грузится прайс", "pl_import_file"),
        ("ни грузица праис лист из екселя", "pl_import_file"),
        ("сайт никто открыть не может, лежит полностью", "site_down"),
        ("sait lezhit u vseh klientov", "site_down"),
        ("procenka pusto po vsem postavshikam", "pricing_all"),
        ("price lookup returns nothing for any supplier", "pricing_all"),
        ("накладные не уходят в диадок", "x_edo"),
        ("принтер чеков не печатает, ккт не видна", "x_kkt"),
        ("эсэмэски клиентам не приходят", "mail_sms"),
        ("письма отбиваются с кодом 550", "mail_bounce"),
        ("пришлите закрывающие документы за третий квартал", "acc_docs"),
    ],
)
def test_words_slang_and_typing_errors_lead_to_the_situation(text, situation):
    assert situation in ranked(text)[:3]


@pytest.mark.parametrize(
    "text", ["", "   ", "asdf qwer zxcv", "рецепт борща со свёклой", "lorem ipsum dolor sit amet", "?!", "1234567"]
)
def test_nothing_is_suggested_where_nothing_fits(text):
    assert ranked(text) == []


def test_there_are_at_most_five_and_the_likeliest_comes_first():
    scores = [each.score for each in suggest(CATALOG, "не приходят письма о заказах с сайта")]
    assert 1 <= len(scores) <= 5
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_another_catalog_is_learned_just_as_well():
    hosting = load_catalog(named_catalog("hosting"))
    assert suggest(hosting, "сертификат просрочен, браузер ругается")[0].situation == "certificate"


def test_many_who_ask_first_at_once_wait_for_one_that_learns():
    catalog = load_catalog(named_catalog("hosting"))
    with ThreadPoolExecutor(4) as pool:
        assert len({id(guide) for guide in pool.map(Guide.of, [catalog] * 4)}) == 1
