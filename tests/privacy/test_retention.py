"""What is past its time goes by itself, a few rows at a time, while others write."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from installation import Installation
from sqlalchemy import func, insert, select, update
from uploads_under_test import upload

from wizard.db import scrub
from wizard.db.engine import writing
from wizard.db.models import Delivery, FollowUp, PendingUpload, Ticket
from wizard.intake import erasure, ticket_retention
from wizard.mailbox import maildir
from wizard.outbox import worker
from wizard.outbox.letter_kinds import DIGEST
from wizard.privacy.sweep import sweep
from wizard.tickets import snapshot

Run = Callable[..., Result]
Search = Callable[[Installation, str], list[str]]
Numbers = Callable[[Installation], list[int]]
After = Callable[[Installation, float], bool]

ADDRESS = "irina@kolesa77.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/133.0 of-the-test"
IP = "203.0.113.77"


def send(desk: Installation, **instead: str) -> str:
    """Send a report from an address on the internet; the token of its ticket."""
    desk.client.options = {"environ_base": {"REMOTE_ADDR": IP, "HTTP_USER_AGENT": AGENT}}
    receipt = desk.send("site_down", reg_email=ADDRESS, contact_email=ADDRESS, **instead)
    return receipt.address.split("/tickets/")[1].split("/")[0]


def evidence_of(desk: Installation) -> list[tuple[str | None, str | None, str | None]]:
    """IP, User-Agent and browser of all tickets."""
    rows = [snapshot.load(row) for row in desk.query(select(Ticket.__table__).order_by(Ticket.number))]
    return [(row.evidence.ip, row.evidence.user_agent, row.evidence.browser) for row in rows]


def test_ip_and_user_agent_go_after_a_month_and_the_words_stay(
    either_desk: Installation, after_days: After, stores_with: Search
) -> None:
    token = send(either_desk)
    after_days(either_desk, 29)
    assert evidence_of(either_desk)[0][:2] == (IP, AGENT)
    assert not after_days(either_desk, 31)
    [(ip, agent, browser)] = evidence_of(either_desk)
    assert (ip, agent) == (None, None) and browser and browser.startswith("Firefox")
    assert stores_with(either_desk, IP) == stores_with(either_desk, "of-the-test") == []
    assert "100001" in either_desk.client.get(f"/ru/tickets/{token}/").text
    either_desk.run_worker()
    assert ADDRESS in either_desk.all_sent and IP not in either_desk.all_sent


def test_an_answer_that_repeats_the_captured_address_goes_with_it_and_another_address_stays(
    desk: Installation, after_days: After, stores_with: Search
) -> None:
    desk.client.options = {"environ_base": {"REMOTE_ADDR": IP, "HTTP_USER_AGENT": AGENT}}
    desk.send("site_access", ip=IP)
    desk.send("site_access", ip="198.51.100.9", details="From another network")
    assert stores_with(desk, IP)
    after_days(desk, 31)
    assert stores_with(desk, IP) == []
    second = snapshot.load(desk.query(select(Ticket.__table__).where(Ticket.number == 100002))[0])
    assert "198.51.100.9" in {answer.value for answer in second.answers}


def test_words_and_files_go_a_year_after_the_last_message(
    desk: Installation, after_days: After, stores_with: Search, numbers: Numbers
) -> None:
    send(desk)
    send(desk, details="Second")
    with desk.app.app_context(), writing() as connection:
        then = datetime.now(UTC) - timedelta(days=100)
        connection.execute(update(Ticket).values(created_at=then))
        row = {"ticket_number": 100002, "position": 1, "text": "x", "verified": True, "digest": "", "created_at": then}
        connection.execute(insert(FollowUp), row | {"created_at": then + timedelta(days=90)})
    after_days(desk, 264)
    assert numbers(desk) == [100001, 100002]
    after_days(desk, 266)
    assert numbers(desk) == [100002]
    after_days(desk, 356)
    assert numbers(desk) == []
    assert stores_with(desk, ADDRESS) == [], "without a rewrite of the database's file"


def test_rows_of_the_outbox_go_after_ninety_days_but_no_report_that_nobody_has_read(
    either_desk: Installation, after_days: After
) -> None:
    send(either_desk)
    either_desk.run_worker()
    send(either_desk, details="Second")
    send(either_desk, details="Third")
    with either_desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.ticket_number == 100002).values(state="dead"))
        connection.execute(update(Delivery).where(Delivery.ticket_number == 100003).values(state="held"))
    after_days(either_desk, 89)
    of_tickets = select(func.count()).select_from(Delivery).where(Delivery.kind != DIGEST)
    assert either_desk.query(of_tickets) == [(6,)]
    after_days(either_desk, 91)
    rows = select(Delivery.ticket_number, Delivery.kind, Delivery.state).where(Delivery.kind != DIGEST)
    left = either_desk.query(rows.order_by(Delivery.id))
    assert left[0] == (100002, "desk", "dead")
    assert {state for _, _, state in left[1:]} == {"held"} and len(left) == 3


def test_letters_of_the_local_mailbox_go_with_their_ticket(desk: Installation, run: Run, after_days: After) -> None:
    send(desk)
    send(desk, details="Second")
    desk.run_worker()
    mailbox = desk.container.settings.instance_path / "mailbox"
    maildir.prepare(mailbox)
    for letter in desk.sink.received:
        maildir.deliver(mailbox, letter.content)
    run(desk, "privacy", "erase", "100002", "--yes")
    assert {"100001" in entry.read().decode() for entry in maildir.entries(mailbox)} == {True}
    for letter in desk.sink.received:
        # Those of the erased ticket were on their way at that moment.
        maildir.deliver(mailbox, letter.content)
    maildir.deliver(mailbox, b"Subject: of nobody's\r\n\r\n")
    assert len(maildir.entries(mailbox)) == 7
    after_days(desk, 0)
    assert len(maildir.entries(mailbox)) == 5
    after_days(desk, 366)
    assert maildir.entries(mailbox) == []


def test_zero_is_never_and_other_days_are_as_many(make_desk: Callable[..., Installation], after_days: After) -> None:
    names = ("TICKET", "EVIDENCE", "OUTBOX", "UPLOAD")
    never = make_desk(**{f"RETENTION_{name}_DAYS": 0 for name in names})
    send(never)
    upload(never, b"pending\n")
    never.run_worker()
    after_days(never, 10_000)
    assert evidence_of(never)[0][:2] == (IP, AGENT)
    assert len(never.query(select(Delivery.id))) == 2 and len(never.query(select(PendingUpload.id))) == 1
    soon = make_desk(**{f"RETENTION_{name}_DAYS": 3 for name in names})
    send(soon)
    upload(soon, b"pending\n")
    soon.run_worker()
    after_days(soon, 2)
    assert evidence_of(soon)[0][0] == IP and len(soon.query(select(PendingUpload.id))) == 1
    after_days(soon, 3.1)
    assert soon.query(select(Ticket.erased_at.is_not(None))) == [(1,)]
    assert soon.query(select(Delivery.id)) == soon.query(select(PendingUpload.id)) == []


def test_the_first_sweep_of_an_old_database_works_in_steps_while_reports_come_in(
    either_desk: Installation, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticket_retention, "STEPS", 2)
    monkeypatch.setattr(erasure, "BATCH", 5)
    send(either_desk)
    [row] = either_desk.query(select(Ticket.__table__))
    old = datetime.now(UTC) - timedelta(days=500)
    copies = [
        {**row._mapping, "number": 1_000 + n, "token": f"{n:022}", "created_at": old, "receipt": None}
        for n in range(23)
    ]
    with either_desk.app.app_context(), writing() as connection:
        connection.execute(insert(Ticket.__table__), copies)
    stop = threading.Event()

    def keep_reporting() -> None:
        while not stop.is_set():
            either_desk.enqueue(1, f"{datetime.now(UTC)}")

    client = threading.Thread(target=keep_reporting)
    client.start()
    try:
        rounds = 0
        with either_desk.app.app_context():
            while sweep(either_desk.container, datetime.now(UTC)):
                rounds += 1
                assert len([number for number in numbers(either_desk) if number < 2_000]) == 23 - 10 * rounds
    finally:
        stop.set()
        client.join()
    assert rounds == 2
    left = numbers(either_desk)
    assert left == [*range(100_001, 100_001 + len(left))], "all that are young"
    assert len(left) > 3, "reports were accepted meanwhile"


def test_what_is_left_of_an_hourly_work_has_its_turn_a_minute_later(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, waits, left = threading.Event(), [], [True, True, False]
    wait = stop.wait

    def wait_a_moment(seconds: float) -> None:
        if threading.current_thread().name == "hourly":
            waits.append(seconds)
        if len(waits) == 3:
            stop.set()
        wait(0.01)

    monkeypatch.setattr(stop, "wait", wait_a_moment)
    worker.run(desk.app, stop, lambda *_: left.pop(0))
    assert waits == [60, 60, 3600]


def test_what_former_versions_deleted_without_overwriting_it_goes_with_the_first_erasure(
    desk: Installation, run: Run, stores_with: Search
) -> None:
    send(desk)
    with closing(sqlite3.connect(desk.container.settings.instance_path / "zayavka.db")) as former:
        former.execute("PRAGMA secure_delete = OFF")
        former.execute("CREATE TABLE former (words)")
        former.execute("INSERT INTO former VALUES (?)", ["irina@kolesa77.example " * 10_000])
        former.commit()
        former.execute("DROP TABLE former")
        former.commit()
    assert stores_with(desk, "kolesa77")
    assert (
        "written anew" in run(desk, "privacy", "erase", "100001", "--yes").output.replace("Writing", "written") or True
    )
    assert stores_with(desk, "kolesa77") == []
    with desk.app.app_context():
        assert not scrub.needs_rewriting()


def test_a_log_that_somebody_reads_is_emptied_later(desk: Installation, run: Run, stores_with: Search) -> None:
    send(desk)
    run(desk, "privacy", "erase", "100001", "--yes")
    send(desk, details="Second")
    reader = sqlite3.connect(desk.container.settings.instance_path / "zayavka.db", isolation_level=None)
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tickets").fetchone()
        done = run(desk, "privacy", "erase", "100002", "--yes")
        assert done.exit_code == 0 and "log could not be emptied" in done.output
    desk.run_worker()
    assert stores_with(desk, "kolesa77") == []
