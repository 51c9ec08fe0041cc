"""What an address uploads uses up its day, whether it is sent or not (threats L17)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from api_client import Caller as Program
from installation import Installation
from sqlalchemy import func, select

from wizard.db.models import TicketAttachment

MB = 10**6


def text_of(size: int, n: int) -> bytes:
    """A log of that many bytes, another one each time."""
    return random.Random(n).randbytes(size // 2).hex().encode()


@pytest.mark.parametrize("door", ["form", "api"])
def test_sending_gives_back_nothing_of_the_day(make_desk: Callable[..., Installation], door: str) -> None:
    """3 MB a day are allowed: of seven files of 3 MB, each sent before the next one, the first alone is taken."""
    desk = make_desk(UPLOAD_BYTES_PER_IP_DAY=3 * MB, TRUSTED_PROXIES=1)
    taken = [_send_by_form(desk, n) if door == "form" else _send_by_program(desk, n) for n in range(7)]
    assert taken == [True, *[False] * 6]
    assert desk.query(select(func.sum(TicketAttachment.size))) == [(3 * MB,)]
    # Nobody else has anything to do with it.
    assert Program(desk, X_Forwarded_For="203.0.113.8").upload(text_of(3 * MB, 8)).status_code == 201


def _send_by_program(desk: Installation, n: int) -> bool:
    program = Program(desk, X_Forwarded_For="203.0.113.7")
    uploaded = program.upload(text_of(3 * MB, n), f"{n}.log")
    files = [uploaded.json["id"]] if uploaded.status_code == 201 else []
    program.create_ticket(answers={"details": f"Обращение {n}"}, attachments=files)
    return bool(files)


def _send_by_form(desk: Installation, n: int) -> bool:
    desk.client.options = {"headers": {"X-Forwarded-For": "203.0.113.7"}}
    form = desk.client.get(desk.address("site_down"))
    answers = desk.example_answers("site_down", details=f"Обращение {n}")
    page = form.submit("check", answers, {"files": [(f"{n}.log", text_of(3 * MB, n))]})
    if page.status == 200:
        return "/tickets/" in page.submit("send").address
    assert "/tickets/" in page.submit("check", {"details": f"Обращение {n}"}).submit("send").address
    return False
