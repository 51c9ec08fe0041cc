"""Whatever a text holds, every function of triage answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.advice import give_advice
from wizard.triage.assess import assess
from wizard.triage.extract import extract_facts

CATALOG = load_catalog(named_catalog("tradesoft"))

NAUGHTY = [
    "",
    "\x00",
    "\ud800",
    "\u202e\u2066",
    "##" * 50,
    "«" * 500,
    "a\u0300" * 300,
    "İıß",
    "١٢٣٤٥",
    "½²",
    "\ufeff",
    "-1",
]


@given(text=st.text(max_size=300))
@settings(deadline=None, max_examples=200)
def test_any_text_is_assessed(text):
    assert assess(CATALOG, text, subject=text, language="en").suggestions is not None


@given(text=st.text(max_size=300), situation=st.sampled_from(sorted(CATALOG.situations)))
@settings(deadline=None, max_examples=100)
def test_any_text_in_any_question_is_advised_on(text, situation):
    questions = [asked.question for asked in CATALOG.asked(CATALOG.situations[situation])]
    answers = {question.id: text for question in questions if question.type not in ("files", "choices")}
    assert all(advice.text for advice in give_advice(CATALOG, CATALOG.situations[situation], answers, "ru"))


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_a_naughty_text_is_assessed(text):
    assessment = assess(CATALOG, text)
    assert all(secret.end <= len(text) for secret in assessment.secrets)
    for situation in CATALOG.situations.values():
        extract_facts(CATALOG, situation, text, datetime.now(UTC))


@pytest.mark.parametrize(
    "piece",
    [
        "а",
        "«",
        "я б ",
        "1",
        "пароль ",
        "##1",
        "a@",
        "ABCD-",
        "не работает ",
        "0-",
        "ошибка 1 ",
        "д*",
        "1.",
        "5.1.1 ",
        "и ",
        "и. ",
    ],
)
def test_a_very_long_text_holds_nobody_up(piece):
    text = piece * (100_000 // len(piece))
    begun = time.process_time()
    assess(CATALOG, text)
    # No measurement, which lives in benchmarks: a pattern that backtracks would take minutes.
    assert time.process_time() - begun < 5
