"""An erasure and whoever works on the same ticket's deliveries at that moment both come to an end (PostgreSQL)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from installation import Installation
from sqlalchemy import event, select, text, update

from wizard.db.engine import db, reading, writing
from wizard.db.models import Delivery, Ticket
from wizard.intake import erasure
from wizard.intake.erasure import Erased
from wizard.outbox import held, queue
from wizard.outbox.leases import Leases

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.fixture
def desk(make_desk: Callable[..., Installation], fresh_postgresql: str, tmp_path: Path) -> Installation:
    """One ticket of a site that is told of dead letters."""
    sites = tmp_path / "sites.yaml"
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    sites.write_text(f"shop: {{webhook: {{url: 'http://127.0.0.1:9/', secrets: [{secret}]}}}}\n")
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql, SITES=str(sites), WEBHOOK_PRIVATE_ADDRESSES=True)
    desk.client.get(f"{desk.address('site_down')}?site=shop").submit("check", desk.example_answers("site_down")).submit(
        "send"
    )
    return desk


@contextmanager
def erasing_after(desk: Installation, statement: str) -> Iterator[list[Future[Erased]]]:
    """Erase all tickets elsewhere once this thread has executed a statement, and go on when that waits for a lock."""
    erasures: list[Future[Erased]] = []

    def erase() -> Erased:
        with desk.app.app_context():
            with reading() as connection:
                rows = connection.execute(select(Ticket.number, Ticket.token)).all()
            return erasure.erase(desk.container, rows, datetime.now(UTC))

    with ThreadPoolExecutor(1) as pool, desk.app.app_context():
        engine = db.engine

        def begin(_connection: object, _cursor: object, executed: str, *_: object) -> None:
            if erasures or not executed.startswith(statement):
                return
            erasures.append(pool.submit(erase))
            deadline = time.monotonic() + 60
            with engine.connect() as other:
                while not other.execute(WAITING).scalar_one() and time.monotonic() < deadline:
                    other.rollback()
                    time.sleep(0.01)

        event.listen(engine, "after_cursor_execute", begin)
        try:
            yield erasures
        finally:
            event.remove(engine, "after_cursor_execute", begin)


def test_a_worker_that_declares_a_letter_dead_and_an_erasure(desk: Installation) -> None:
    with desk.app.app_context():
        claims = Leases(desk.container.settings).claim_letters(datetime.now(UTC))
    with erasing_after(desk, "UPDATE outbox SET state") as erasures:
        queue.mark_dead(claims[0], desk.container, "550 no such mailbox", datetime.now(UTC))
        assert erasures[0].result(60).numbers == [100001]
    told = desk.query(select(Delivery.kind, Delivery.details))
    assert told == [("delivery.failed", None)], "the next sweep cancels it"


@pytest.mark.parametrize("command", [held.delete_held, held.release])
def test_a_person_who_decides_on_held_letters_and_an_erasure(desk: Installation, command: Callable[..., int]) -> None:
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).values(state="held"))
    with erasing_after(desk, "DELETE FROM outbox" if command is held.delete_held else "UPDATE outbox") as erasures:
        assert command([100001], datetime.now(UTC)) == 1
        assert erasures[0].result(60).numbers == [100001]
    assert desk.query(select(Delivery.id)) == []
