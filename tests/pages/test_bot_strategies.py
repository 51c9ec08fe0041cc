"""Twenty bot strategies and honest people at one installation by default settings: whose letters go out at once?

``make bots`` does the same at full size, against a server of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from installation import Installation
from sqlalchemy import func, select, update

from benchmarks import bot_strategies, honest_reports
from benchmarks.bot_strategies import STRATEGIES, Answer, run_all, texts_of
from wizard.db.engine import writing
from wizard.db.models import BudgetUsage, Delivery, Submission

DATA = Path(__file__).parents[1] / "data"
TEXTS = texts_of(DATA / "reports.jsonl", DATA / "reports_synthetic.jsonl")
PATIENT_AND_LIKE_A_PERSON = {"copied_honest_texts"}
"""Only its number gives it away: budgets hold it, these signs do not."""


class InProcess:
    """The web as a strategy sees it, with time that passes at once."""

    def __init__(self, desk: Installation, let_pass: Callable[[float], None]) -> None:
        self.desk, self.wait = desk, let_pass
        self.client: FlaskClient = desk.app.test_client()

    def post(self, path: str, body: Any, headers: dict[str, str], address: str) -> Answer:
        """Post a form (pairs) or JSON (anything else) from an address."""
        given: dict[str, Any] = {"json": body}
        if isinstance(body, list):
            fields: dict[str, list[str]] = {}
            for name, value in body:
                fields.setdefault(name, []).append(value)
            given = {"data": fields}
        answer = self.client.post(path, headers={**headers, "X-Forwarded-For": address}, **given)
        return Answer(answer.status_code, answer.text, answer.headers.get("Location", ""))

    def get(self, path: str, headers: dict[str, str], address: str) -> Answer:
        """Get a page."""
        answer = self.client.get(path, headers={**headers, "X-Forwarded-For": address})
        return Answer(answer.status_code, answer.text)

    def age(self, seconds: float) -> None:
        """Move back what has been counted."""
        with self.desk.app.app_context(), writing() as connection:
            for column in (BudgetUsage.hour, Submission.created_at):
                for (moment,) in connection.execute(select(column).distinct().order_by(column)).all():
                    earlier = moment - timedelta(seconds=seconds)
                    connection.execute(update(column.class_).where(column == moment).values({column.key: earlier}))


@pytest.fixture
def web(make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch) -> InProcess:
    """An installation behind a proxy, and a clock of ours for what signs and counts ages."""
    real, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])

    def let_pass(seconds: float) -> None:
        passed[0] += seconds

    return InProcess(make_desk(TRUSTED_PROXIES=1, FORM_LEAST_SECONDS=3), let_pass)


def letters(desk: Installation, *, held: bool) -> int:
    """How many letters to the desk there are that are held, or that go out at once."""
    to_desk = Delivery.kind.in_(("desk", "follow_up"))
    is_held = Delivery.state == "held" if held else Delivery.state != "held"
    return int(desk.query(select(func.count()).where(to_desk, is_held))[0][0])


def test_of_twenty_strategies_at_most_two_get_a_letter_of_their_own_to_the_desk(
    web: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_strategies, "TRIES", 3)
    monkeypatch.setattr(bot_strategies, "HOURS", 1)
    monkeypatch.setattr(bot_strategies, "AN_HOUR", 3)
    reaching, before = {}, 0
    for name in run_all(web, web.desk.catalog, TEXTS):
        now = letters(web.desk, held=False)
        reaching |= {name: now - before} if now > before else {}
        before = now
    assert len(STRATEGIES) == 20
    assert reaching.keys() <= PATIENT_AND_LIKE_A_PERSON
    # They were let in, every one that took the two steps, and nothing of theirs is lost.
    assert letters(web.desk, held=True) > 40


def test_honest_people_are_never_refused_and_hardly_ever_held(web: InProcess) -> None:
    statuses = honest_reports.run(web, web.desk.catalog, TEXTS, share=0.05)
    assert set(statuses) == {303}
    assert statuses.total() > 45
    assert letters(web.desk, held=True) <= 0.02 * statuses.total()
