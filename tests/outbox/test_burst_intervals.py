"""Which tickets a burst letter is about, and how letters of bursts to one inbox keep apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from letters_under_test import plain_of
from similar_reports import make_older, report, reports
from sqlalchemy import select, update

from wizard.db.engine import reading, writing
from wizard.db.models import Delivery
from wizard.outbox.backlog import read_backlog
from wizard.outbox.burst import INTERVAL, BurstWatch
from wizard.outbox.leases import Leases
from wizard.outbox.similar import CountedTicket

BURSTS = select(Delivery.recipient, Delivery.due_at, Delivery.created_at).where(Delivery.kind == "burst")


@pytest.fixture
def make_bursting(make_either: Callable[..., Installation]) -> Callable[..., Installation]:
    """Make an installation on each of the databases, with bursts of four."""
    return lambda **config: make_either(**{"BURST_TICKETS": 4, **config})


def bursts_of(desk: Installation) -> list[Any]:
    """The letters of bursts that the desk received."""
    return [letter for letter in desk.inbox if str(letter["Message-ID"]).startswith("<burst-")]


def change(desk: Installation, kind: str, **values: object) -> None:
    """Change all deliveries of a kind."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.kind == kind).values(**values))


def ago(**time: float) -> datetime:
    """So long before now."""
    return datetime.now(UTC) - timedelta(**time)


def test_what_came_long_after_a_burst_is_not_of_it(make_bursting: Callable[..., Installation]) -> None:
    desk = make_bursting()
    numbers = reports(desk, 7)
    for number, days in zip(numbers, (8, 7, 7, 7, 7, 3, 0), strict=True):
        make_older(desk, number, days=days)
    desk.run_worker()
    [burst] = bursts_of(desk)
    assert "(обращений: 4)" in burst["Subject"], "an outage is over, and a week's letters go at once"
    assert [number for number in numbers if f"{number} · " in plain_of(burst)] == numbers[1:5]


@pytest.mark.parametrize(("minutes", "count"), [(9, 1), (11, 2)])
def test_another_comes_after_ten_minutes(
    make_bursting: Callable[..., Installation], minutes: float, count: int
) -> None:
    desk = make_bursting()
    reports(desk, 4)
    desk.run_worker()
    change(desk, "burst", created_at=ago(minutes=minutes))
    report(desk, details="Ещё", reg_email="one@detal36.example")
    desk.run_worker()
    assert len(bursts_of(desk)) == count


def test_that_of_a_second_situation_comes_ten_minutes_after_the_first(
    make_bursting: Callable[..., Installation],
) -> None:
    desk = make_bursting()
    reports(desk, 4)
    reports(desk, 4, situation="q_unclear")
    desk.run_worker()
    reports(desk, 1, situation="q_unclear", details="И ещё")
    desk.run_worker()
    assert len(bursts_of(desk)) == 1
    first, second = sorted(desk.query(BURSTS), key=lambda row: row.due_at)
    assert second.due_at - first.created_at == INTERVAL
    with desk.app.app_context(), reading() as connection:
        backlog = read_backlog(connection, datetime.now(UTC) + timedelta(minutes=12)).lanes["desk"]
    assert (backlog.waiting, backlog.late, backlog.oldest_seconds) == (1, 0, 0), "nobody is alarmed by what is put off"
    change(desk, "burst", created_at=ago(minutes=11))
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.state == "owed").values(due_at=datetime.now(UTC)))
    desk.run_worker()
    assert [burst["Subject"].rpartition("(")[2] for burst in bursts_of(desk)] == ["обращений: 4)", "обращений: 5)"]


@pytest.mark.parametrize("ahead", [timedelta(days=300), timedelta(minutes=3)])
def test_a_clock_that_was_ahead_keeps_none_back(make_bursting: Callable[..., Installation], ahead: timedelta) -> None:
    desk = make_bursting()
    reports(desk, 4)
    desk.run_worker()
    change(desk, "burst", created_at=datetime.now(UTC) + ahead)
    reports(desk, 1, details="Ещё")
    desk.run_worker()
    assert len(bursts_of(desk)) == 2


def two_inboxes(make: Callable[..., Installation], folder: Path) -> Installation:
    """An installation with a site that has an inbox of its own, and a burst in either inbox."""
    sites = folder / "sites.yaml"
    sites.write_text("shop: {inbox: a@desk.example}\n")
    desk = make(SITES=str(sites))
    reports(desk, 4, site="shop")
    reports(desk, 4)
    return desk


def test_each_inbox_has_its_own(make_bursting: Callable[..., Installation], tmp_path: Path) -> None:
    desk = two_inboxes(make_bursting, tmp_path)
    desk.run_worker()
    rows = desk.query(BURSTS)
    assert sorted(row.recipient for row in rows) == ["a@desk.example", "support@desk.example"]
    assert all(row.due_at - row.created_at < timedelta(minutes=1) for row in rows), "neither waits for the other"


def test_workers_that_meet_bursts_of_two_inboxes_do_not_wait_in_a_circle(desk: Installation) -> None:
    now = datetime.now(UTC)
    counted = [CountedTicket(n, inbox, "q_unclear", now, 99) for n, inbox in enumerate(("a@x.example", "b@x.example"))]
    watch = BurstWatch(desk.container.settings.model_copy(update={"burst_tickets": 4}))
    orders = [[ticket.inbox for ticket in watch.find(given, now)] for given in (counted, counted[::-1])]
    assert orders == [["a@x.example", "b@x.example"]] * 2, "each locks them in this order"


def test_one_that_waits_for_its_tickets_does_not_wait_for_newer_ones(
    make_bursting: Callable[..., Installation],
) -> None:
    desk = make_bursting()
    reports(desk, 4)
    with desk.app.app_context():
        claims = Leases(desk.container.settings).claim_to_desk(datetime.now(UTC))
    desk.run_worker()
    assert desk.inbox == [] and len(desk.query(BURSTS)) == 1, "it is put off while another worker sends them"
    with desk.app.app_context():
        reports(desk, 1, details="Новое")
        Leases(desk.container.settings).claim_to_desk(datetime.now(UTC))
        with writing() as connection:
            connection.execute(
                update(Delivery).where(Delivery.id.in_([claim.id for claim in claims])).values(state="sent")
            )
            connection.execute(update(Delivery).where(Delivery.kind == "burst").values(due_at=datetime.now(UTC)))
    desk.run_worker()
    assert len(bursts_of(desk)) == 1, "the newer one is still on its way"


def test_one_that_was_tried_waits_for_nothing_any_more(make_bursting: Callable[..., Installation]) -> None:
    desk = make_bursting()
    reports(desk, 4)
    desk.run_worker()
    change(desk, "burst", state="owed", due_at=datetime.now(UTC))
    change(desk, "desk", state="sending", lease_until=datetime.now(UTC) + timedelta(minutes=5))
    desk.run_worker()
    assert len(bursts_of(desk)) == 2, "its list is settled"
