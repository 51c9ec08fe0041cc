"""How long a report is the same report: by its content for ten minutes, by its key for a day and an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from sqlalchemy import func, select

from wizard.db.models import Submission
from wizard.intake.accept import accept as accept_report
from wizard.intake.idempotency import Accepted, IdempotencyConflict, Sending
from wizard.intake.retention import forget_old_keys
from wizard.tickets.caller import Caller
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

BEGUN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def intake_of(desk: Installation) -> Iterator[Installation]:
    """An installation at work."""
    with desk.app.app_context():
        yield desk


def accept(desk: Installation, key: str, after: timedelta = timedelta(0), **more: str) -> Accepted:
    """Accept the same words, some time after the first."""
    answers = {"details": more.pop("details", "Белая страница"), "reg_email": "zakaz@detal36.example"}
    report = Report("q_unclear", "ru", "", answers, Evidence(time=BEGUN + after))
    return accept_report(desk.container, report, Sending(key, caller=Caller("203.0.113.7/32"), **more))


def test_the_same_words_are_the_same_report_for_ten_minutes(intake_of: Installation) -> None:
    first = accept(intake_of, "first")
    again = accept(intake_of, "second", timedelta(minutes=10) - timedelta(microseconds=1))
    assert (again.number, again.token, again.repeated) == (first.number, first.token, True)
    later = accept(intake_of, "third", timedelta(minutes=10))
    assert (first.repeated, later.repeated) == (False, False)
    assert later.number == first.number + 1


def test_of_many_reports_a_key_leads_to_its_own(intake_of: Installation) -> None:
    keys = ["m", "a", "z", "f", "t"]
    numbers = {key: accept(intake_of, key, details=f"Сообщение {key}").number for key in keys}
    assert len(set(numbers.values())) == len(keys)
    for key in keys:
        again = accept(intake_of, key, timedelta(hours=20), details=f"Сообщение {key}")
        assert (again.number, again.repeated) == (numbers[key], True)


def test_a_key_of_ours_is_good_for_one_content_and_a_sender_s_for_one_request(intake_of: Installation) -> None:
    for n in range(8):
        first = accept(intake_of, f"key {n}", details=f"Первое {n}")
        with pytest.raises(IdempotencyConflict) as reused:
            accept(intake_of, f"key {n}", details=f"Второе {n}")
        assert (reused.value.ticket.number, reused.value.ticket.repeated) == (first.number, True)
    first = accept(intake_of, "theirs", request="m", details="Третье", saved_response="first")
    for other in ("a", "z"):
        with pytest.raises(IdempotencyConflict):
            accept(intake_of, "theirs", request=other, details="Третье")
    again = accept(intake_of, "theirs", request="m", details="Третье иначе", saved_response="second")
    assert (again.number, again.saved_response) == (first.number, "first")


def test_a_key_is_forgotten_after_the_day_that_is_promised_and_an_hour(intake_of: Installation) -> None:
    keys = select(func.count()).select_from(Submission)
    accept(intake_of, "first")
    forget_old_keys(BEGUN + timedelta(hours=25))
    assert intake_of.query(keys) == [(1,)]
    forget_old_keys(BEGUN + timedelta(hours=25, microseconds=1))
    assert intake_of.query(keys) == [(0,)]
