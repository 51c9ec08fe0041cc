"""From what a client writes, the situations are ranked; about nothing known, nothing is said."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.suggest.ranker import Ranker, suggest

DATA = Path(__file__).parents[2] / "data"
CATALOG = load_catalog(named_catalog("tradesoft"))


def ranked(text):
    return [suggestion.situation for suggestion in suggest(CATALOG, text)]


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("не грузится прайс", "pl_import_file"),
        ("ни грузица праис лист из екселя", "pl_import_file"),
        ("сайт никто открыть не может, лежит полностью", "site_down"),
        ("sait lezhit u vseh klientov", "site_down"),
        ("ne rabotaet sait", "site_down"),
        ("ne otkryvaetsya sajt", "site_down"),
        ("ne gruzitsya prays", "pl_import_file"),
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
    "text",
    [
        *("сайт лежит", "не бьётся цена", "ккт", "прайс", "нет цен", "не пускает", "чек не пробился", "где счёт"),
        *("тормозит", "эдо", "1с", "купить лицензию", "второй день не грузится", "proverte procenku"),
        *("site is down", "no prices", "login", "emails bounce", "api"),
    ],
)
def test_a_few_words_of_the_trade_are_enough(text):
    assert ranked(text)


@pytest.mark.parametrize("text", ["погода завтра", "купить слона", "asdf сайт qwerty", "снег идёт третий день подряд"])
def test_one_known_word_is_not_enough(text):
    assert ranked(text) == []


@pytest.mark.parametrize("text", ["СРОЧНО!!!", "Здравствуйте!", "Спасибо"])
def test_words_that_say_nothing_are_no_matter(text):
    assert ranked(text) == []


def test_of_what_has_nothing_to_do_with_the_trade_most_gets_no_suggestion():
    lines = (DATA / "unrelated.jsonl").read_text("utf-8").splitlines()
    # The other half is what the limits were found with.
    texts = [report["text"] for report in map(json.loads, lines) if report["half"] == "measuring"]
    assert len(texts) == 50
    assert sum(ranked(text) == [] for text in texts) / len(texts) >= 0.8


@pytest.mark.parametrize(
    "text", ["", "   ", "asdf qwer zxcv", "рецепт борща со свёклой", "lorem ipsum dolor sit amet", "?!", "1234567"]
)
def test_nothing_is_suggested_where_nothing_fits(text):
    assert ranked(text) == []


def test_there_are_at_most_five_and_the_likeliest_comes_first():
    scores = [suggestion.score for suggestion in suggest(CATALOG, "не приходят письма о заказах с сайта")]
    assert 1 <= len(scores) <= 5
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_another_catalog_is_learned_just_as_well():
    hosting = load_catalog(named_catalog("hosting"))
    assert suggest(hosting, "сертификат просрочен, браузер ругается")[0].situation == "certificate"


def test_many_who_ask_first_at_once_wait_for_one_that_learns():
    catalog = load_catalog(named_catalog("hosting"))
    with ThreadPoolExecutor(4) as pool:
        assert len({id(ranker) for ranker in pool.map(Ranker.of, [catalog] * 4)}) == 1
