"""A mail server that is away is left alone but for a probe; when it is back, what waited for it goes out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from socket import socket
from typing import Any

import pytest
from claims import new_worker
from installation import Installation
from ports import free_port
from running_worker import running_worker, wait_until
from smtp_servers import HostileServer, Sink
from sqlalchemy import func, select, update

from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox import queue, server_backoff
from wizard.outbox.email_delivery import EmailTransport
from wizard.outbox.server_backoff import ServerBackoff

LEFT = select(func.count()).where(Delivery.state != "sent")
# Tries that were made: a claim counts its whole batch until it gives back the rest.
ATTEMPTS = select(func.coalesce(func.sum(Delivery.attempts), 0)).where(Delivery.state == "owed")
STANDING = select(Delivery.state, Delivery.attempts, Delivery.waits_for).order_by(Delivery.id)


class SteppedClock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a tenth of a second at first and of half a second at most."""
    monkeypatch.setattr(server_backoff, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(server_backoff, "LONGEST_PAUSE", 0.5)


def age(desk: Installation, *, of: Any = True, **values: Any) -> None:
    """Change deliveries in the database."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(of).values(**values))


def test_a_server_that_is_away_is_probed_by_one_letter_and_less_and_less_often() -> None:
    clock = SteppedClock()
    backoff = ServerBackoff("mail.example:25", clock)
    assert backoff.may_claim("desk", 20) == 20
    assert backoff.fail("desk")
    pauses: list[float] = []
    while len(pauses) < 8:
        since = clock.now
        while not (limit := backoff.may_claim("letters", 20)):
            assert backoff.is_shut("desk")
            clock.now += 0.5
        assert limit == 1
        assert backoff.may_claim("desk", 20) == 0, "while one lane probes, the others leave the server alone"
        pauses.append(clock.now - since)
        backoff.fail("letters")
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_lane_that_has_nothing_to_send_leaves_the_probe_to_another() -> None:
    clock = SteppedClock()
    backoff = ServerBackoff("mail.example:25", clock)
    backoff.fail("desk")
    clock.now += 60
    assert backoff.may_claim("desk", 20) == 1
    backoff.claimed_nothing("desk")
    assert backoff.may_claim("letters", 20) == 1
    backoff.claimed_nothing("desk")
    assert backoff.may_claim("desk", 20) == 0, "a probe of another lane is not its own to give back"
    backoff.fail("letters")
    backoff.claimed_nothing("letters")
    assert backoff.may_claim("desk", 20) == 0, "what came of a probe stays"


def test_while_the_desk_has_no_letter_an_acknowledgement_probes_the_server(
    make_desk: Callable[..., Installation], sink: Sink
) -> None:
    desk = make_desk()
    desk.send("site_down")
    age(desk, of=Delivery.kind == "desk", state="sent")
    clock = SteppedClock()
    backoff = ServerBackoff(f"127.0.0.1:{sink.port}", clock)
    backoff.fail("desk")
    clock.now += 60
    with desk.app.app_context():
        leases, now = new_worker(), datetime.now(UTC)
        assert EmailTransport(desk.container, backoff, "desk", acknowledgements=0).claim(leases, now) == []
        [claim] = EmailTransport(desk.container, backoff, "letters 1", acknowledgements=5).claim(leases, now)
    assert claim.kind == "acknowledgement"


def test_a_server_that_is_back_again_while_letters_are_woken_wakes_again(
    desk: Installation, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    backoff = ServerBackoff(f"127.0.0.1:{sink.port}", SteppedClock())
    transport = EmailTransport(desk.container, backoff, "desk", acknowledgements=0)
    woken: list[str] = []

    def wake(server: str, _now: datetime) -> int:
        woken.append(server)
        if len(woken) == 1:
            backoff.fail("letters 1")
            backoff.succeed("letters 1")
        if len(woken) == 2:
            raise OSError("the database is away")
        return 0

    monkeypatch.setattr(queue, "wake", wake)
    backoff.succeed("letters 1")
    with desk.app.app_context():
        transport.claim(new_worker(), datetime.now(UTC))
        with pytest.raises(OSError, match="away"):
            transport.claim(new_worker(), datetime.now(UTC))
        for _ in range(2):
            transport.claim(new_worker(), datetime.now(UTC))
    assert len(woken) == 3, "once more for the second time, which failed at first"


def test_whatever_a_server_says_to_a_letter_it_is_not_away(desk: Installation) -> None:
    clock = SteppedClock()
    backoff = ServerBackoff("mail.example:25", clock)
    backoff.fail("desk")
    clock.now += 60
    assert backoff.may_claim("desk", 20) == 1
    backoff.answer("desk")
    assert backoff.may_claim("desk", 20) == 20
    assert not backoff.take_wake(), "it has taken nothing yet"
    backoff.succeed("desk")
    assert backoff.take_wake()


def test_a_server_that_was_away_gets_letters_at_a_rate_that_it_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SteppedClock()
    monkeypatch.setattr(server_backoff.time, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
    backoff = ServerBackoff("mail.example:25", clock)

    def seconds_for(letters: int) -> float:
        begun = clock.now
        for _ in range(letters):
            backoff.wait_for_turn()
        return clock.now - begun

    backoff.succeed("desk")
    assert seconds_for(2000) == 0, "at the start nobody was away"
    backoff.fail("desk")
    clock.now += 60
    backoff.succeed("desk")
    assert 45 < seconds_for(1000) < 55
    assert seconds_for(1000) < 15, "after a minute it gets as much as it takes"


def test_no_storm_meets_a_server_that_is_away_and_all_goes_out_when_it_is_back(
    make_desk: Callable[..., Installation], impatient: None
) -> None:
    port = free_port()
    desk = make_desk(MAIL_PORT=port, OUTBOX_IDLE=0.05)
    desk.enqueue(40, "ordinary")
    with running_worker(desk.app):
        wait_until(lambda: desk.query(ATTEMPTS)[0][0] >= 4)
        desk.send("pricing_all", reg_email="", contact_email="")
        assert desk.query(ATTEMPTS)[0][0] < 20
        waiting = [row for row in desk.query(STANDING) if row.attempts]
        assert {row.waits_for for row in waiting} <= {f"127.0.0.1:{port}", None}
        with _Sink(port) as sink:
            wait_until(lambda: desk.query(LEFT) == [(0,)])
    assert len(sink.received) == 41
    first = [letter.content for letter in sink.received[:3]]
    assert any(b"X-Ticket-Fast-Track: yes" in content for content in first), "after one or two probes"
    assert {row.waits_for for row in desk.query(STANDING)} == {None}


class _Sink(Sink):
    """A sink at a given port."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port


def test_a_server_that_answers_421_sees_few_connections(make_desk: Callable[..., Installation]) -> None:
    with HostileServer("greeting_421") as server:
        desk = make_desk(MAIL_PORT=server.port, MAIL_CONNECTIONS=3, OUTBOX_IDLE=0.05)
        desk.enqueue(60, "many")
        begun = time.monotonic()
        with running_worker(desk.app):
            wait_until(lambda: server.connections >= 2)
            threading.Event().wait(2.5)
        assert server.connections <= 1 + (time.monotonic() - begun)
        assert desk.query(ATTEMPTS)[0][0] == server.connections
        assert {row.state for row in desk.query(STANDING)} == {"owed"}


def test_one_success_wakes_what_waits_for_that_server_and_nothing_else(either_desk: Installation, sink: Sink) -> None:
    desk = either_desk
    desk.enqueue(5, "waits")
    soon = datetime.now(UTC) + timedelta(minutes=30)
    age(desk, due_at=soon, attempts=4, waits_for=f"127.0.0.1:{sink.port}")
    age(desk, of=Delivery.id == 4, waits_for=None)
    age(desk, of=Delivery.id == 5, waits_for="other.example:25")
    desk.run_worker()
    assert desk.query(LEFT) == [(5,)], "all wait for their time"
    desk.enqueue(1, "now")
    desk.run_worker()
    assert [row.state for row in desk.query(STANDING)] == ["sent"] * 3 + ["owed"] * 2 + ["sent"]


def test_a_letter_that_waits_probes_the_server_when_no_other_is_due(
    make_desk: Callable[..., Installation], sink: Sink, impatient: None
) -> None:
    desk = make_desk(OUTBOX_IDLE=0.05)
    desk.enqueue(3, "waits")
    age(desk, due_at=datetime.now(UTC) + timedelta(minutes=30), attempts=9, waits_for=f"127.0.0.1:{sink.port}")
    with running_worker(desk.app):
        wait_until(lambda: desk.query(LEFT) == [(0,)])


class OneConnection(HostileServer):
    """Takes one connection at a time, and answers any other with 421."""

    def __init__(self) -> None:
        super().__init__()
        self._busy = threading.Lock()
        self._has_refused = threading.Event()
        self.refused = 0

    def talk(self, client: socket) -> None:
        """Take letters from one client."""
        if not self._busy.acquire(blocking=False):
            self.refused += 1
            self._has_refused.set()
            client.sendall(b"421 4.7.0 too many connections\r\n")
            return
        try:
            # On a busy machine the first connection would have taken all letters before the second one comes.
            self._has_refused.wait(20)
            super().talk(client)
        finally:
            self._busy.release()


def test_a_server_that_takes_one_connection_only_gets_all_letters_over_that_one(
    make_desk: Callable[..., Installation], impatient: None
) -> None:
    with OneConnection() as server:
        desk = make_desk(MAIL_PORT=server.port, OUTBOX_IDLE=0.05)
        desk.enqueue(40, "many")
        with running_worker(desk.app):
            wait_until(lambda: desk.query(LEFT) == [(0,)])
        assert server.refused
        assert len(server.received) == 40


class HangsUpOn(HostileServer):
    """Hangs up on one letter, whenever it comes."""

    def takes(self, content: bytes) -> bool:
        """All but that one."""
        return b"X-Ticket-Number: 100001" not in content


def test_a_letter_on_which_the_server_hangs_up_holds_up_no_other_for_long_and_is_not_woken(
    make_desk: Callable[..., Installation], impatient: None
) -> None:
    with HangsUpOn() as server:
        desk = make_desk(MAIL_PORT=server.port, OUTBOX_IDLE=0.05)
        desk.send("pricing_all", reg_email="", contact_email="")
        desk.enqueue(30, "others")
        with running_worker(desk.app):
            wait_until(lambda: desk.query(LEFT) == [(1,)])
    [first, *_] = desk.query(STANDING)
    assert first == ("owed", 1, None), "it may be to blame itself"


@pytest.mark.parametrize(("count", "seconds"), [(60, 60), pytest.param(2000, 300, marks=pytest.mark.torture)])
def test_after_an_outage_of_three_days_all_letters_go_out_and_none_is_dead(
    make_desk: Callable[..., Installation], impatient: None, count: int, seconds: int
) -> None:
    port = free_port()
    desk = make_desk(MAIL_PORT=port, OUTBOX_IDLE=0.05)
    desk.enqueue(count - 3, "ordinary")
    for n in range(3):
        desk.send("pricing_all", reg_email="", contact_email="", details=f"Пусто {n}")
    then = datetime.now(UTC) - timedelta(hours=72)
    age(desk, created_at=then, due_at=then)
    # What was tried waits for its time, which comes within the hour.
    later = datetime.now(UTC) + timedelta(minutes=50)
    age(desk, of=Delivery.id % 2 == 0, due_at=later, attempts=9, waits_for=f"127.0.0.1:{port}")
    with running_worker(desk.app):
        wait_until(lambda: any(row.attempts == 1 for row in desk.query(STANDING)))
        with _Sink(port) as sink:
            begun = time.monotonic()
            wait_until(lambda: desk.query(LEFT) == [(0,)], seconds)
            print(f"{count} letters after an outage: {time.monotonic() - begun:.1f} s")
    assert len(sink.received) == count
    positions = [n for n, letter in enumerate(sink.received) if b"X-Ticket-Fast-Track: yes" in letter.content]
    assert max(positions) < 8, "fast track first, but for a probe"
