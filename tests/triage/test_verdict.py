"""Exactly eight situations go out of turn, decided by the scope answers, and the client is told why."""

from __future__ import annotations

import itertools

import pytest
from installation import Installation

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.verdict import decide_verdict

CATALOG = load_catalog(named_catalog("tradesoft"))
FAST = {id_: situation for id_, situation in CATALOG.situations.items() if situation.fast_track}

EIGHT = {
    "site_down": "1",
    "pricing_all": "2",
    "order_fail": "3",
    "pay_all": "4",
    "auth_fail": "5",
    "ws_all": "6",
    "pl_sync_upload": "7",
    "sync_all": "8",
}


def options(question: str) -> list[str]:
    """The ids of a question's options."""
    return [option.id for option in CATALOG.questions[question].options]  # type: ignore[union-attr]


def test_exactly_the_eight_situations_of_the_rules_can_be_fast() -> None:
    assert {id_: situation.fast_track.rule for id_, situation in FAST.items()} == EIGHT


@pytest.mark.parametrize("situation", FAST)
def test_the_scope_answers_alone_decide_the_queue(situation: str) -> None:
    fast = FAST[situation].fast_track
    assert fast
    for answers in itertools.product(*(options(question) for question in fast.when)):
        given = dict(zip(fast.when, answers, strict=True))
        verdict = decide_verdict(CATALOG, FAST[situation], given)
        deserved = all(value in fast.when[question] for question, value in given.items())
        assert verdict.fast_track is deserved, given
        assert verdict.rule == (EIGHT[situation] if deserved else None)


def test_the_rule_is_the_one_that_is_named_in_whatever_order_rules_stand() -> None:
    other_way = CATALOG.model_copy(update={"fast_track_rules": CATALOG.fast_track_rules[::-1]})
    for id_, situation in FAST.items():
        given = {question: values[0] for question, values in situation.fast_track.when.items()}
        verdict = decide_verdict(other_way, situation, given)
        assert verdict.rule == EIGHT[id_]
        assert verdict == decide_verdict(CATALOG, situation, given)


@pytest.mark.parametrize("situation", FAST)
def test_neighbouring_answers_are_told_why_they_wait_and_what_would_change_it(
    desk: Installation, situation: str
) -> None:
    fast = CATALOG.situations[situation].fast_track
    assert fast
    quick = desk.filled(situation, **{question: values[0] for question, values in fast.when.items()})
    assert "Вне очереди" in quick.text
    rule = next(rule for rule in CATALOG.fast_track_rules if rule.id == fast.rule)
    assert rule.text["ru"] in quick.text
    scope = next(iter(fast.when))
    for neighbour in set(options(scope)) - set(fast.when[scope]):
        # A neighbouring answer may ask one question more: whatever it is, it is answered.
        slow = desk.filled(situation, **{scope: neighbour}, supplier_names="Поставщик-1")
        assert slow.status == 200, slow.summary
        assert " ".join(fast.otherwise["ru"].split()) in slow.text


def test_capitals_and_urgency_do_not_change_the_queue() -> None:
    situation = CATALOG.situations["site_slow"]
    calm = decide_verdict(CATALOG, situation, {"details": "открывается долго"})
    loud = decide_verdict(CATALOG, situation, {"details": "СРОЧНО!!! НИЧЕГО НЕ РАБОТАЕТ!!!"})
    assert calm == loud
    assert not calm.fast_track
