"""Five letters among 500 that each abort their worker, under a real supervisor: the others go out, and pages answer."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from http_client import HttpClient, repeated
from installation import Installation
from server_process import Running
from sqlalchemy import func, select

from wizard.db.models import Delivery
from wizard.outbox.crashes import MAX_CRASHES, REASON

pytestmark = pytest.mark.torture

LETTERS, POISONED = 500, 5
LEFT = select(func.count()).where(Delivery.state.in_(["owed", "sending"]))
SENT = select(func.count()).where(Delivery.state == "sent")
DEAD = select(Delivery.crashes, Delivery.last_error).where(Delivery.state == "dead")


def test_letters_that_abort_their_worker_hold_up_no_other_and_no_page(desk: Installation) -> None:
    for n in range(POISONED):
        desk.enqueue(LETTERS // POISONED // 2, f"before {n}")
        desk.enqueue(1, f"poison {n}")
        desk.enqueue(LETTERS // POISONED // 2 - 1, f"after {n}")
    settings = desk.container.settings
    service = Running(
        settings.instance_path,
        script="tests/torture/poisoned_service.py",
        WIZARD_SECRET_KEY=settings.secret_key,
        WIZARD_MAIL_SERVER="127.0.0.1",
        WIZARD_MAIL_PORT=str(desk.sink.port),
    ).ready()
    client, pages = HttpClient(service.base), Counter[int]()

    def open_pages() -> None:
        for path in ("/ru/", "/ru/question/q_unclear/", "/readyz"):
            pages[client.get(path).status] += 1

    try:
        begun, others_out = time.monotonic(), 0.0
        with repeated(open_pages, threads=2, pause=0.05) as faults:
            while desk.query(LEFT) != [(0,)]:
                assert time.monotonic() < begun + 600, "something is left"
                if not others_out and desk.query(SENT) == [(LETTERS - POISONED,)]:
                    others_out = time.monotonic() - begun
                time.sleep(0.1)
        seconds = time.monotonic() - begun
    finally:
        service.stop()
    deaths = service.output().count("outbox process")
    print(
        f"\npoison: {LETTERS - POISONED} letters out after {others_out or seconds:.0f} s, {POISONED} dead "
        f"after {seconds:.0f} s and {deaths} deaths of a worker; {sum(pages.values())} pages, failed: "
        f"{len(faults) + sum(pages.values()) - pages[200]}"
    )
    assert [tuple(row) for row in desk.query(DEAD)] == [(MAX_CRASHES, REASON)] * POISONED
    # The letter that a worker was killed over may be sent, and not recorded.
    assert len({letter.content for letter in desk.sink.received}) == LETTERS - POISONED
    assert not faults
    assert set(pages) == {200}
