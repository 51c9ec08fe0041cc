"""Proof of work: asked of a browser only when most of its address's budget is used, good once, and never needed."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha
import pytest
from installation import Installation
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from walker import Page, Walker

from wizard.db.models import UsedChallenge
from wizard.intake import retention
from wizard.intake.accept import Unavailable
from wizard.limits import budgets
from wizard.limits.proof import LIFETIME

CHEAP = {"PROOF_OF_WORK_COST": 1}


@pytest.fixture
def nearly_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every caller have used most of the budget."""
    monkeypatch.setattr(budgets, "is_nearly_spent", lambda *_: True)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each report that was sent, whether its caller had worked for it."""
    done: list[bool] = []

    spend = budgets.spend

    def spend_noted(connection: Any, settings: Any, scope: str, caller: Any, *given: Any, **named: Any) -> Any:
        spent = spend(connection, settings, scope, caller, *given, **named)
        done.append(caller.has_worked)
        return spent

    monkeypatch.setattr(budgets, "spend", spend_noted)
    return done


def challenge_of(check: Page) -> dict[str, Any]:
    """What the check page asks the browser."""
    challenge: dict[str, Any] = json.loads(str(check.form()["data-challenge"]))
    return challenge


def solved(challenge: dict[str, Any], **instead: Any) -> str:
    """What a browser answers."""
    question = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(question)
    assert solution is not None
    answer = altcha.Payload(question, solution).to_dict()
    answer["challenge"]["parameters"].update(instead)
    return base64.b64encode(json.dumps(answer).encode()).decode()


def send(check: Page, proof: str) -> None:
    """Send the report of a check page with a proof."""
    receipt = check.submit("send", {"altcha": proof})
    assert receipt.status == 200
    assert "/tickets/" in receipt.address


def test_nothing_is_asked_of_a_client_with_budget_left(desk: Installation) -> None:
    check = desk.filled("q_unclear")
    assert "data-challenge" not in check.html
    assert "proof" not in check.html


@pytest.mark.usefixtures("nearly_spent")
def test_a_proof_is_asked_for_when_most_of_the_budget_is_used_and_counts(
    make_desk: Callable[..., Installation], workers: list[bool]
) -> None:
    desk = make_desk(**CHEAP)
    check = desk.filled("q_unclear")
    assert "js/proof." in check.html
    send(check, solved(challenge_of(check)))
    assert workers == [True]


@pytest.mark.usefixtures("nearly_spent")
def test_no_form_and_no_other_page_asks_for_a_proof(desk: Installation) -> None:
    for path in ("/ru/", desk.address("q_unclear"), "/ru/follow-up/"):
        assert "data-challenge" not in desk.client.get(path).html


@pytest.mark.usefixtures("nearly_spent")
def test_the_owner_may_ask_for_no_work(make_desk: Callable[..., Installation], workers: list[bool]) -> None:
    desk = make_desk(**CHEAP)
    proof = solved(challenge_of(desk.filled("q_unclear")))
    desk = make_desk(PROOF_OF_WORK_COST=0)
    check = desk.filled("q_unclear")
    assert "data-challenge" not in check.html
    send(check, proof)
    assert workers == [False]


@pytest.mark.usefixtures("nearly_spent")
def test_a_report_goes_without_a_proof(desk: Installation, workers: list[bool]) -> None:
    check = desk.filled("q_unclear")
    assert challenge_of(check)
    assert "/tickets/" in check.submit("send").address
    assert workers == [False]


@pytest.mark.usefixtures("nearly_spent")
def test_a_proof_is_good_once(make_desk: Callable[..., Installation], workers: list[bool]) -> None:
    desk = make_desk(**CHEAP)
    checks = [desk.filled("q_unclear", details=f"Вопрос {n}") for n in range(2)]
    challenge = challenge_of(checks[0])
    send(checks[0], solved(challenge))
    send(checks[1], solved(challenge))
    assert workers == [True, False]


@pytest.mark.usefixtures("nearly_spent")
@pytest.mark.parametrize("changed", [{"cost": 0}, {"keyPrefix": ""}, {"expiresAt": 4_000_000_000}, {"nonce": "00"}])
def test_a_challenge_that_was_changed_is_none(
    make_desk: Callable[..., Installation], workers: list[bool], changed: dict[str, Any]
) -> None:
    desk = make_desk(**CHEAP)
    check = desk.filled("q_unclear")
    send(check, solved(challenge_of(check), **changed))
    assert workers == [False]


@pytest.mark.usefixtures("nearly_spent")
@pytest.mark.parametrize(
    "proof",
    ["x", "=", "bnVsbA==", "W10=", "e30=", "\ud800", "a" * 300_000, base64.b64encode(b"[" * 2000).decode()],
)
def test_what_is_no_proof_stops_nothing(desk: Installation, workers: list[bool], proof: str) -> None:
    send(desk.filled("q_unclear"), proof.encode("utf-8", "replace").decode())
    assert workers == [False]


@pytest.mark.usefixtures("nearly_spent")
def test_a_proof_of_another_installation_is_none(make_desk: Callable[..., Installation], workers: list[bool]) -> None:
    other = make_desk(**CHEAP, SECRET_KEY="a key of somebody else's")
    proof = solved(challenge_of(other.filled("q_unclear")))
    send(make_desk(**CHEAP).filled("q_unclear"), proof)
    assert workers == [False]


@pytest.mark.usefixtures("nearly_spent")
def test_a_proof_survives_the_rotation_of_the_key(make_desk: Callable[..., Installation], workers: list[bool]) -> None:
    proof = solved(challenge_of(make_desk(**CHEAP).filled("q_unclear")))
    desk = make_desk(**CHEAP, SECRET_KEY="the key that came next", SECRET_KEY_FALLBACKS=["a key of the tests"])
    send(desk.filled("q_unclear"), proof)
    assert workers == [True]


@pytest.mark.usefixtures("nearly_spent")
def test_a_proof_is_good_for_an_hour_and_forgotten_after_it(
    make_desk: Callable[..., Installation], workers: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(**CHEAP)
    checks = [desk.filled("q_unclear", details=f"Вопрос {n}") for n in range(2)]
    proofs = [solved(challenge_of(check)) for check in checks]
    send(checks[0], proofs[0])
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + LIFETIME.total_seconds() + 5)
    send(checks[1], proofs[1])
    assert workers == [True, False]
    used = select(func.count()).select_from(UsedChallenge)
    for age, left in ((timedelta(minutes=55), 1), (timedelta(minutes=65), 0)):
        with desk.app.app_context():
            retention.sweep(desk.container, datetime.now(UTC) + age)
        assert desk.query(used)[0][0] == left


@pytest.mark.usefixtures("nearly_spent")
def test_of_many_that_send_one_proof_at_once_one_has_worked(either_desk: Installation, workers: list[bool]) -> None:
    desk = either_desk
    checks = [desk.filled("q_unclear", details=f"Вопрос {n}") for n in range(8)]
    proof = solved(challenge_of(checks[0]))

    def send_apart(check: Page) -> int:
        page = Page(Walker(desk.app.test_client()), check.response, check.address)
        return page.submit("send", {"altcha": proof}).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send_apart, checks)) == {200}
    assert sorted(workers) == [False] * 7 + [True]


@pytest.mark.usefixtures("nearly_spent")
def test_a_proof_outlives_a_sending_that_failed_and_one_that_was_refused(
    make_desk: Callable[..., Installation], workers: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(**CHEAP)
    check = desk.filled("q_unclear")
    proof = solved(challenge_of(check))

    for fault in (Unavailable(), OperationalError("", {}, Exception()), budgets.OverBudget("tickets", 1)):

        def fail(*_: Any, fault: Exception = fault, **__: Any) -> None:
            raise fault

        with monkeypatch.context() as patched:
            patched.setattr("wizard.intake.accept.attach", fail)
            assert check.submit("send", {"altcha": proof}).status in (429, 503)
    send(check, proof)
    assert workers[-1] is True
    again = check.submit("send", {"altcha": proof})
    assert "again=1" in again.address, "a retry by its key gets the ticket that it was"
    assert desk.query(select(func.count()).select_from(UsedChallenge)) == [(1,)]
