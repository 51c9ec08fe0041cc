"""``/readyz?mail``: letters go out, and red for each thing that prevents it; each is made to happen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from installation import Installation
from smtp_servers import HostileServer, Sink
from sqlalchemy import event, select, text, update
from worker_processes import Workers

from wizard.db.engine import db, writing
from wizard.db.models import Delivery
from wizard.db.models import Installation as InstallationRow
from wizard.outbox import backlog

LETTERS = select(Delivery.kind, Delivery.state).order_by(Delivery.id)


@pytest.fixture(params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest, make_desk: Callable[..., Installation]) -> Installation:
    """An installation on each database."""
    where = {}
    if request.param == "postgresql":
        where["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("fresh_postgresql")
    return make_desk(**where)


def change(desk: Installation, kind: str, **values: object) -> None:
    """Let all deliveries of a kind be so."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.kind == kind).values(**values))


def ago(**age: float) -> datetime:
    """A moment in the past."""
    return datetime.now(UTC) - timedelta(**age)


def make_due(desk: Installation) -> None:
    """Let the time of the next try be now."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.state == "owed").values(due_at=ago(seconds=1)))


def test_it_tells_of_every_lane_how_much_waits_and_how_old_it_is(watched: Installation) -> None:
    watched.send("site_down")
    change(watched, "desk", created_at=ago(seconds=90))
    change(watched, "acknowledgement", created_at=ago(minutes=20))
    faults, lanes = watched.watch()
    assert faults == []
    assert 90 <= lanes["desk"].pop("oldest_seconds") < 120
    assert 1200 <= lanes["acknowledgements"].pop("oldest_seconds") < 1230
    assert lanes == {
        "desk": {"waiting": 1, "late": 0, "dead": 0},
        "acknowledgements": {"waiting": 1, "late": 1, "dead": 0},
        "webhooks": {"waiting": 0, "late": 0, "oldest_seconds": 0, "dead": 0},
    }
    watched.run_worker()
    faults, lanes = watched.watch()
    assert (faults, lanes["desk"]["waiting"], lanes["desk"]["oldest_seconds"]) == ([], 0, 0)


def test_only_who_asks_for_mail_is_told_of_it(desk: Installation) -> None:
    desk.send("site_down")
    change(desk, "desk", state="dead")
    client = desk.app.test_client()
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"status": "ok", "faults": []})
    for address in ("/readyz?mail", "/readyz?mail=1"):
        assert client.get(address).status_code == 503


@pytest.mark.parametrize("created", [timedelta(minutes=-11), timedelta(minutes=5), timedelta(days=365)])
def test_a_late_letter_turns_it_red_and_a_date_in_the_future_hides_none(
    watched: Installation, created: timedelta
) -> None:
    watched.send("site_down")
    change(watched, "desk", created_at=datetime.now(UTC) + created)
    assert watched.watch()[0] == ["desk_letters_late"]


def test_a_dead_letter_to_the_desk_turns_it_red_and_no_other(watched: Installation) -> None:
    watched.send("site_down")
    change(watched, "acknowledgement", state="dead", created_at=ago(days=1))
    assert watched.watch()[0] == []
    change(watched, "desk", state="dead")
    assert watched.watch()[0] == ["desk_letters_dead"]


def test_what_is_held_back_after_a_restore_turns_it_red(watched: Installation) -> None:
    with watched.app.app_context(), writing() as connection:
        connection.execute(update(InstallationRow).values(outbox_held=True, sweep_held=True))
    assert watched.watch()[0] == ["outbox_held", "sweep_held"]
    with watched.app.app_context(), writing() as connection:
        connection.execute(update(InstallationRow).values(outbox_held=False))
    assert watched.watch()[0] == ["sweep_held"]


@pytest.mark.parametrize("age", [35.0, -3600.0])
def test_without_a_heartbeat_of_late_it_is_red_whatever_a_wrong_clock_wrote(watched: Installation, age: float) -> None:
    client = watched.app.test_client()
    silent = client.get("/readyz?mail").json
    assert (silent["faults"], silent["heartbeat_seconds"]) == (["worker_silent"], None)
    watched.beat(age)
    assert client.get("/readyz?mail").json["faults"] == ["worker_silent"]
    watched.beat(20)
    alive = client.get("/readyz?mail").json
    assert alive["faults"] == []
    assert 20 <= alive["heartbeat_seconds"] <= 30


@pytest.mark.parametrize("mode", ["greeting_554", "mail_550", "mail_451", "rcpt_450", "drop_at_greeting", "end_451"])
def test_a_server_that_takes_nothing_turns_it_red_at_the_first_failure(
    make_desk: Callable[..., Installation], mode: str
) -> None:
    with HostileServer("good") as server:
        desk = make_desk(MAIL_PORT=server.port)
        desk.send("site_down", details="Первое сообщение")
        desk.run_worker()
        assert desk.watch()[0] == []
        server.mode = mode
        desk.send("site_down", details="Второе сообщение")
        assert desk.watch()[0] == [], "nothing has failed yet"
        desk.run_worker()
        assert desk.watch()[0] == ["server_refuses"]
        server.mode = "good"
        make_due(desk)
        desk.run_worker()
        assert desk.watch()[0] == []


def test_one_letter_that_is_put_off_while_others_go_out_is_no_alarm_before_it_is_late(
    make_desk: Callable[..., Installation],
) -> None:
    with HostileServer("rcpt_450") as server:
        desk = make_desk(MAIL_PORT=server.port)
        desk.send("site_down", details="Первое сообщение")
        desk.run_worker()
        server.mode = "good"
        desk.send("site_down", details="Второе сообщение")
        desk.run_worker()
        assert [row.state for row in desk.query(LETTERS) if row.kind == "desk"] == ["owed", "sent"]
        assert desk.watch()[0] == []


CLIENT, INBOX = "zakaz@detal36.example", "support@desk.example"


@pytest.mark.parametrize(("refused", "faults"), [(CLIENT, []), (INBOX, ["server_refuses"])])
def test_acknowledgements_that_fail_are_no_alarm_and_those_that_go_out_hide_none(
    make_desk: Callable[..., Installation], refused: str, faults: list[str]
) -> None:
    with Sink(refuse={refused: "450 4.2.1 busy"}) as sink:
        desk = make_desk(MAIL_PORT=sink.port)
        desk.send("site_down", contact_email="")
        desk.run_worker()
        assert len(sink.received) == 1
        # Accepted after the last letter to the desk was sent, so that nothing else excuses its failure.
        change(desk, "acknowledgement", created_at=datetime.now(UTC))
        assert desk.watch()[0] == faults


def test_a_success_that_a_wrong_clock_dated_hides_no_refusal(make_desk: Callable[..., Installation]) -> None:
    with HostileServer("good") as server:
        desk = make_desk(MAIL_PORT=server.port)
        desk.send("site_down", details="Первое сообщение")
        desk.run_worker()
        change(desk, "desk", sent_at=datetime.now(UTC) + timedelta(days=365))
        server.mode = "mail_451"
        desk.send("site_down", details="Второе сообщение")
        desk.run_worker()
        assert desk.watch()[0] == ["server_refuses"]


def test_what_was_sent_long_ago_costs_nothing(desk: Installation) -> None:
    statements: list[tuple[str, Any]] = []
    desk.beat()
    desk.send("site_down")
    change(desk, "desk", last_error="451 later")
    with desk.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append((args[2], args[3])))
    desk.app.test_client().get("/readyz?mail")
    of_outbox = [(statement, parameters) for statement, parameters in statements if "FROM outbox" in statement]
    with desk.app.app_context(), db.engine.connect() as connection:
        plans = [
            line.detail
            for statement, parameters in of_outbox
            for line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    scans = [plan for plan in plans if "outbox" in plan and "ix_outbox_due (state=?" not in plan]
    assert scans == ["SCAN outbox"], "the newest are read from the end of the table, and no more of it than they are"
    assert "USE TEMP B-TREE FOR ORDER BY" not in plans
    assert sum("LIMIT" in statement for statement, _ in of_outbox) == 1


def test_a_database_away_is_a_fault_of_mail_too(desk: Installation) -> None:
    with desk.app.app_context(), writing() as connection:
        connection.execute(text("DROP TABLE workers"))
    answer = desk.app.test_client().get("/readyz?mail")
    assert (answer.status_code, answer.json) == (503, {"status": "red", "faults": ["database_away"]})


def test_a_killed_worker_turns_it_red(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wizard.outbox.heartbeat", reason="no worker writes heartbeats yet")
    # Half a minute is long for a test. Heartbeats come every ten seconds.
    monkeypatch.setattr(backlog, "SILENT", timedelta(seconds=12))
    client = desk.app.test_client()

    def wait_for(faults: list[str]) -> None:
        until = time.monotonic() + 30
        while (last := client.get("/readyz?mail").get_json()["faults"]) != faults:
            assert time.monotonic() < until, last
            time.sleep(0.2)

    worker = Workers(desk, desk.sink.port).start()
    try:
        wait_for([])
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    wait_for(["worker_silent"])
