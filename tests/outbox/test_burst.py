"""A burst brings the desk one letter more, which says what belongs together; each ticket has its own as ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from installation import Installation
from letters_under_test import plain_of
from similar_reports import hold, make_older, reports
from smtp_servers import HostileServer
from sqlalchemy import select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket
from wizard.outbox import worker
from wizard.outbox.leases import Leases

BURSTS = select(Delivery.id).where(Delivery.kind == "burst")


@pytest.fixture
def make_bursting(make_either: Callable[..., Installation]) -> Callable[..., Installation]:
    """Make an installation on each of the databases, with bursts of four."""
    return lambda **config: make_either(**{"BURST_TICKETS": 4, **config})


def bursts_of(desk: Installation) -> list[EmailMessage]:
    """The letters of bursts that the desk received."""
    return [letter for letter in desk.inbox if letter["X-Ticket-Number"] is None]


def shift(desk: Installation, **ago: float) -> None:
    """Let all deliveries have been enqueued so long before they were."""
    with desk.app.app_context(), writing() as connection:
        for id_, moment in connection.execute(select(Delivery.id, Delivery.created_at)).all():
            connection.execute(update(Delivery).where(Delivery.id == id_).values(created_at=moment - timedelta(**ago)))


def test_twelve_reports_bring_twelve_letters_and_then_one_that_lists_them(
    make_bursting: Callable[..., Installation],
) -> None:
    desk = make_bursting(BURST_TICKETS=10)
    numbers = reports(desk, 9, supplier_names="Emex")
    desk.run_worker()
    assert len(desk.inbox) == 9, "nine are no burst"
    numbers += reports(desk, 3, supplier_names="Rossko, Берг", details="Нет ответа")
    desk.run_worker()
    assert [letter["X-Ticket-Number"] for letter in desk.inbox[:-1]] == [str(number) for number in numbers]
    [burst] = bursts_of(desk)
    assert burst is not None and desk.inbox[-1]["Message-ID"] == burst["Message-ID"], "after the tickets' own"
    assert burst["Auto-Submitted"] == "auto-generated"
    assert burst["References"] is None and burst["In-Reply-To"] is None, "it threads with none of them"
    assert "Проценка › Нет результатов от одного или нескольких поставщиков (обращений: 12)" in burst["Subject"]
    said = " ".join(plain_of(burst).split())
    assert all(f"{number} · " in said for number in numbers)
    assert "Ничего не потеряно" in said and "Нет цен, 3" in said
    assert "Какие поставщики: Emex — 9 Какие поставщики: Rossko, Берг — 3" in said
    assert max(map(len, plain_of(burst).splitlines())) <= 78
    listed = desk.app.test_cli_runner().invoke(args=["outbox", "list"]).output
    assert "burst" in listed


def test_within_ten_minutes_no_other_comes_and_then_the_next(make_bursting: Callable[..., Installation]) -> None:
    desk = make_bursting()
    reports(desk, 5)
    desk.run_worker()
    reports(desk, 2, details="И ещё")
    desk.run_worker()
    desk.run_worker()
    assert len(bursts_of(desk)) == 1
    shift(desk, minutes=11)
    reports(desk, 1, details="Опять")
    worker.run(desk.app, threading.Event(), until_idle=True)
    assert len(bursts_of(desk)) == 2
    assert "(обращений: 8)" in bursts_of(desk)[1]["Subject"], "the newest are in it"


def test_two_workers_at_once_enqueue_one(make_bursting: Callable[..., Installation]) -> None:
    desk = make_bursting()
    reports(desk, 8)
    barrier = threading.Barrier(4)

    def claim(_: int) -> int:
        with desk.app.app_context():
            leases = Leases(desk.container.settings)
            barrier.wait()
            return len([leases.claim_to_desk(datetime.now(UTC), 2) for _ in range(2)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(claim, range(4)))
    assert len(desk.query(BURSTS)) == 1


def test_what_is_slow_or_of_another_inbox_or_held_makes_none(
    make_bursting: Callable[..., Installation], tmp_path: Path
) -> None:
    sites = tmp_path / "sites.yaml"
    sites.write_text("shop: {inbox: shop@desk.example}\n")
    desk = make_bursting(SITES=str(sites))
    [early, *_] = reports(desk, 2)
    make_older(desk, early, minutes=16)
    reports(desk, 3, site="shop", ip="203.0.113.8")
    reports(desk, 1, ip="203.0.113.9")
    reports(desk, 1, ip="203.0.113.9", situation="q_unclear")
    hold(desk, reports(desk, 5, ip="203.0.113.7", details="Много"))
    desk.run_worker()
    assert desk.query(BURSTS) == []


def test_none_comes_where_none_is_wanted(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BURST_TICKETS=0)
    reports(desk, 12)
    desk.run_worker()
    assert len(desk.inbox) == 12


def test_held_tickets_are_not_listed(make_bursting: Callable[..., Installation]) -> None:
    desk = make_bursting()
    numbers = reports(desk, 6)
    hold(desk, numbers[4:])
    desk.run_worker()
    [burst] = [letter for letter in bursts_of(desk) if str(letter["Message-ID"]).startswith("<burst-")]
    assert [number for number in numbers if f"{number} · " in plain_of(burst)] == numbers[:4]


def test_a_retry_has_the_same_bytes_though_more_have_come(make_bursting: Callable[..., Installation]) -> None:
    desk = make_bursting()
    reports(desk, 4)
    desk.run_worker()
    with desk.app.app_context(), writing() as connection:
        again = update(Delivery).where(Delivery.kind == "burst")
        connection.execute(again.values(state="owed", due_at=datetime.now(UTC), with_files=True))
    reports(desk, 2, details="Позже")
    desk.run_worker()
    first, second = (letter.content for letter in desk.sink.received if b"Message-ID: <burst-" in letter.content)
    assert first == second


def test_it_waits_for_the_tickets_own_letters_that_another_worker_sends(
    make_bursting: Callable[..., Installation],
) -> None:
    desk = make_bursting()
    reports(desk, 4)
    with desk.app.app_context():
        others = Leases(desk.container.settings).claim_to_desk(datetime.now(UTC))
        assert len(others) == 4
    desk.run_worker()
    assert desk.inbox == [] and len(desk.query(BURSTS)) == 1
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(due_at=datetime.now(UTC)))
        connection.execute(update(Delivery).where(Delivery.kind == "desk").values(state="owed", lease_token=None))
    desk.run_worker()
    assert [letter["X-Ticket-Number"] is None for letter in desk.inbox] == [False] * 4 + [True]


def test_nothing_else_waits_for_it(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BURST_TICKETS=4)
    reports(desk, 4)
    with desk.app.app_context():
        leases = Leases(desk.container.settings)
        assert [claim.kind for claim in leases.claim_letters(datetime.now(UTC))] == ["desk"] * 4
        assert {claim.kind for claim in leases.claim_letters(datetime.now(UTC))} == {"acknowledgement"}


def test_letters_that_fail_do_not_hold_it_back_for_ever(make_desk: Callable[..., Installation]) -> None:
    with HostileServer("rcpt_450") as server:
        desk = make_desk(MAIL_PORT=server.port, BURST_TICKETS=4)
        reports(desk, 4)
        desk.run_worker()
        states = select(Delivery.attempts).where(Delivery.kind.in_(["desk", "burst"]))
        assert [attempts for (attempts,) in desk.query(states)] == [1] * 5


def test_at_most_fifty_are_listed_and_the_rest_is_a_number(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(NUMBERING="desk", BURST_TICKETS=10)
    desk.enqueue(53, "Сбой")
    desk.run_worker()
    [burst] = [letter for letter in desk.inbox if letter["X-Ticket-Receipt"] is None]
    receipts = [receipt for (receipt,) in desk.query(select(Ticket.receipt).order_by(Ticket.number))]
    listed = [receipt for receipt in receipts if f"{receipt} · " in plain_of(burst)]
    assert listed == receipts[3:53] and "И ещё раньше: 3." in plain_of(burst)
    assert "100001" not in plain_of(burst), "no number of ours where the desk numbers"


def test_once_erasing_its_ticket_has_cancelled_it_the_next_report_makes_another(
    make_bursting: Callable[..., Installation],
) -> None:
    desk = make_bursting()
    reports(desk, 4)
    owners = select(Delivery.ticket_number).where(Delivery.kind == "burst")
    with desk.app.app_context():
        leases = Leases(desk.container.settings)
        leases.claim_to_desk(datetime.now(UTC))
        reports(desk, 1, details="Ещё")
        leases.claim_to_desk(datetime.now(UTC))
    [(number,)] = desk.query(owners)
    erased = desk.app.test_cli_runner().invoke(args=["privacy", "erase", str(number), "--yes"])
    assert erased.exit_code == 0 and desk.query(owners) == []
    reports(desk, 1, details="И ещё")
    with desk.app.app_context():
        leases.claim_to_desk(datetime.now(UTC))
    [(other,)] = desk.query(owners)
    assert other > number
    with desk.app.app_context(), writing() as connection:
        own = update(Delivery).where(Delivery.kind == "desk")
        connection.execute(own.values(state="owed", lease_token=None))
        connection.execute(update(Delivery).values(due_at=datetime.now(UTC)))
    desk.run_worker()
    [burst] = bursts_of(desk)
    assert str(number) not in plain_of(burst) and f"{other} · " in plain_of(burst)
