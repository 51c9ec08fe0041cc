"""A letter to the desk says how many similar reports came before it: counted once, right, and in no time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from installation import Installation
from letters_under_test import plain_of
from similar_reports import SUPPLIER, hold, make_older, report, reports
from smtp_servers import HostileServer
from sqlalchemy import event, select, text, update

from wizard.db.engine import db, reading, writing
from wizard.db.models import Delivery, Ticket
from wizard.outbox.similar import OF_CLIENT, OF_SITUATION
from wizard.tickets.similar import MOST_COUNTED

DETAILS = select(Delivery.details).order_by(Delivery.id)


def similar_of(desk: Installation) -> list[str]:
    """The header of each of the desk's letters, in the order of their tickets."""
    letters = sorted(desk.inbox, key=lambda letter: str(letter["X-Ticket-Number"]))
    return [str(letter["X-Ticket-Similar"]) for letter in letters]


def test_it_counts_the_hour_the_day_the_same_supplier_and_the_clients_week(
    make_either: Callable[..., Installation],
) -> None:
    desk = make_either(BURST_TICKETS=0)
    older = reports(desk, 6, supplier_names="Emex")
    make_older(desk, older[0], days=2)
    make_older(desk, older[1], hours=5)
    make_older(desk, report(desk, situation="q_unclear", reg_email="buh@detal36.example"), days=6)
    make_older(desk, report(desk, situation="q_unclear", reg_email="buh@detal36.example", details="Ещё"), days=8)
    report(desk, supplier_names="Rossko", reg_email="other@detal36.example")
    report(desk, supplier_names=" «EMEX» ", reg_email="Buh+1@Detal36.example")
    desk.run_worker()
    assert similar_of(desk)[-1] == "hour=5 day=6 same-hour=4 same-day=5 client-week=1"
    assert similar_of(desk)[0] == "hour=0 day=0 same-hour=0 same-day=0 client-week=0"
    last = max(desk.inbox, key=lambda letter: str(letter["X-Ticket-Number"]))
    said = " ".join(plain_of(last).split())
    assert "Похожие обращения: 5 за час, 6 за сутки, из них с тем же ответом на «Какие поставщики» — 4 и 5." in said
    assert "От этого клиента за 7 дней: 1." in said
    first = min(desk.inbox, key=lambda letter: str(letter["X-Ticket-Number"]))
    assert "Похожие обращения" not in plain_of(first), "nobody reads of nothing"


def test_what_was_not_asked_or_not_given_is_not_counted(desk: Installation) -> None:
    report(desk, situation="q_unclear", details="Непонятно", reg_email="", reg_name="Детали 36", contact_email="")
    report(desk, situation="q_unclear", details="Совсем", reg_email="", reg_name="детали  36", contact_email="")
    desk.run_worker()
    assert similar_of(desk) == ["hour=0 day=0 client-week=0", "hour=1 day=1 client-week=1"]


def test_a_retry_says_what_the_first_try_said(make_either: Callable[..., Installation]) -> None:
    with HostileServer("end_451") as server:
        desk = make_either(MAIL_PORT=server.port, BURST_TICKETS=0)
        older = report(desk)
        report(desk, details="Второе")
        desk.run_worker()
        with desk.app.app_context(), writing() as connection:
            connection.execute(update(Delivery).where(Delivery.ticket_number == older).values(state="held"))
            connection.execute(update(Delivery).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))
        report(desk, details="Третье")
        server.mode = "good"
        desk.run_worker()
        second, third = sorted(
            (letter for letter in server.received if b"X-Ticket-Number" in letter.content),
            key=lambda letter: letter.content.partition(b"X-Ticket-Number: ")[2][:6],
        )
        assert b"X-Ticket-Similar: hour=1 day=1 same-hour=1 same-day=1 client-week=1\r\n" in second.content
        assert b"X-Ticket-Similar: hour=1 day=1 same-hour=1 same-day=1 client-week=1\r\n" in third.content, (
            "the one that is held is not counted any more"
        )


def test_what_is_held_or_dead_does_not_count(make_either: Callable[..., Installation]) -> None:
    desk = make_either()
    numbers = reports(desk, 6)
    hold(desk, numbers[2:4])
    hold(desk, numbers[4:5], state="dead")
    desk.run_worker()
    assert similar_of(desk)[-1].startswith("hour=2 day=2 ")


def test_two_inboxes_know_nothing_of_each_other(make_either: Callable[..., Installation], tmp_path: Path) -> None:
    sites = tmp_path / "sites.yaml"
    sites.write_text("shop: {inbox: shop@desk.example}\n")
    desk = make_either(SITES=str(sites))
    report(desk, site="shop")
    report(desk, site="shop", details="Ещё")
    report(desk)
    desk.run_worker()
    assert similar_of(desk) == ["hour=0 day=0 same-hour=0 same-day=0 client-week=0"]


def test_other_letters_and_webhooks_are_not_counted_for(desk: Installation) -> None:
    desk.send("site_down")
    desk.run_worker()
    [letter, acknowledgement] = [details for (details,) in desk.query(DETAILS)]
    assert set(json.loads(letter)) == {"hour", "day", "same_hour", "same_day", "client_week"}
    assert acknowledgement is None
    assert all(letter["X-Ticket-Similar"] is None for letter in desk.acknowledgements)


MANY = """
INSERT INTO tickets (token, created_at, site, language, category, situation, fast_track, priority, inbox,
    record, client_key)
SELECT 'token' || n, {moment}, '', 'ru', 'pricing', :situation, {false}, 'normal', :inbox,
    '{{}}', :client
FROM {numbers}
"""
THEIR_LETTERS = """
INSERT INTO outbox (ticket_number, kind, follow_up, recipient, rank, state, attempts, due_at, with_files, created_at)
SELECT number, 'desk', 0, inbox, 0, 'sent', 1, created_at, {true}, created_at FROM tickets WHERE record = '{{}}'
"""


def test_older_tickets_are_not_looked_at_however_many_they_are(make_either: Callable[..., Installation]) -> None:
    desk = make_either()
    number = report(desk)
    with desk.app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
        own = select(Ticket.__table__).where(Ticket.number == number)
        with writing() as connection:
            row = connection.execute(own).one()
            values = {"situation": SUPPLIER, "inbox": row.inbox, "client": row.client_key}
            pieces = {
                "moment": "datetime('now', '-10 days', '+' || n || ' seconds')"
                if is_sqlite
                else "now() - interval '10 days' + n * interval '1 second'",
                "false": "0" if is_sqlite else "false",
                "numbers": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) "
                "SELECT n FROM c)"
                if is_sqlite
                else "generate_series(1, 5000) AS n",
            }
            connection.execute(text(MANY.format(**pieces)), values)
            connection.execute(text(THEIR_LETTERS.format(true="1" if is_sqlite else "true")))
            connection.execute(text("ANALYZE"))
        with reading() as connection:
            asked: list[tuple[str, Any]] = []
            event.listen(connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
            values |= {"since": row.created_at - timedelta(days=1), "until": row.created_at, "most": MOST_COUNTED}
            values |= {"client_key": row.client_key}
            assert len(connection.execute(OF_SITUATION, values).all()) == 1, "the ticket itself"
            assert len(connection.execute(OF_CLIENT, values).all()) == 1
            explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
            plans = [connection.exec_driver_sql(f"{explain} {told}", given).all() for told, given in list(asked)]
            shown = "\n".join(str(tuple(line)) for plan in plans for line in plan)
    of_letters = "sqlite_autoindex_outbox_1 (ticket_number=? AND kind=?)" if is_sqlite else "uq_outbox_letter"
    for index in ("ix_tickets_similar", "ix_tickets_client", of_letters):
        assert index in shown, shown
    assert "SCAN tickets" not in shown and "SCAN outbox" not in shown and "Seq Scan" not in shown, shown
    assert "TEMP B-TREE" not in shown and "Sort" not in shown, f"in the order of the index: {shown}"
    if is_sqlite:
        assert "COVERING INDEX ix_tickets_similar" in shown, "no snapshot is read"
