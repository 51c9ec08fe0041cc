"""Senders who do not stop: reports and follow-ups one after another, from an address of one's choice."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from installation import Installation
from sqlalchemy import func, select

from wizard.db.models import Delivery
from wizard.limits.usage import HOUR, hour_of
from wizard.web import form_token

OFFICE, OTHER = "203.0.113.7", "203.0.113.8"
HELD = select(Delivery.ticket_number).where(Delivery.state == "held", Delivery.kind == "desk")


def wait_out_the_hour(seconds: float = 40) -> None:
    """What is counted by the hour is tested within one: wait for the next where little is left of this one."""
    now = datetime.now(UTC)
    left = (hour_of(now) + HOUR - now).total_seconds()
    if left < seconds:
        time.sleep(left + 0.1)


def from_address(ip: str) -> dict[str, Any]:
    """Options of a test client that calls from there."""
    return {"environ_overrides": {"REMOTE_ADDR": ip}}


def send(
    desk: Installation, words: str, ip: str = OFFICE, situation: str = "q_unclear", site: str = "", **instead: str
) -> Any:
    """Press the button of a check page; the answer."""
    token = form_token.issue(desk.container.settings, site, situation)
    answers = {"details": words, "reg_email": "zakaz@detal36.example", **instead}
    form = {**answers, "once": token, "action": "send"}
    query = {"site": site} if site else {}
    return desk.app.test_client().post(desk.address(situation), query_string=query, data=form, **from_address(ip))


def send_fast_track(desk: Installation, words: str, ip: str = OFFICE) -> Any:
    """A report that goes out of turn."""
    return send(desk, situation="site_down", ip=ip, **{**_fast_answers(desk), "words": words})


def _fast_answers(desk: Installation) -> dict[str, str]:
    answers = {name: str(value) for name, value in desk.example_answers("site_down").items()}
    return {**answers, "reach": "everyone"}


def count(desk: Installation, *which: Any) -> int:
    """How many deliveries there are of which that holds."""
    [(number,)] = desk.query(select(func.count()).select_from(Delivery).where(*which))
    return int(number)


def token_of(answer: Any) -> str:
    """The token of the ticket to whose receipt an answer leads."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).split("/tickets/")[1].split("/")[0]
