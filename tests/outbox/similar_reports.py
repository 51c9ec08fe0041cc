"""Reports that are like each other: sent at the form, and made older by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flooding import from_address
from installation import Installation
from sqlalchemy import select, update
from walker import Walker

from wizard.db.engine import writing
from wizard.db.models import Delivery, Ticket

SUPPLIER = "pricing_supplier"


def report(
    desk: Installation, ip: str = "203.0.113.7", site: str = "", situation: str = SUPPLIER, **answers: str
) -> int:
    """Send a report, at the form of a site or to the API; the ticket's number in the database."""
    if site:
        client = Walker(desk.app.test_client(), **from_address(ip))
        form = client.get(f"{desk.address(situation)}?site={site}")
        receipt = form.submit("check", desk.example_answers(situation, **answers)).submit("send")
        assert "/tickets/" in receipt.address, receipt.text[:300]
    else:
        body = {"situation": situation, "language": "ru", "answers": desk.example_answers(situation, **answers)}
        answer = desk.app.test_client().post("/api/v1/tickets", json=body, **from_address(ip))
        assert answer.status_code == 201, answer.text
    [(number,)] = desk.query(select(Ticket.number).order_by(Ticket.number.desc()).limit(1))
    return int(number)


def reports(desk: Installation, count: int, **options: Any) -> list[int]:
    """So many reports, each of a client and in words of its own."""
    return [
        report(desk, **{"reg_name": "", "reg_email": f"shop{n}@detal36.example", "details": f"Нет цен, {n}", **options})
        for n in range(count)
    ]


def make_older(desk: Installation, number: int, **ago: float) -> None:
    """Let a ticket have been accepted so long before it was."""
    with desk.app.app_context(), writing() as connection:
        ticket = select(Ticket.created_at).where(Ticket.number == number)
        earlier = connection.execute(ticket).scalar_one() - timedelta(**ago)
        connection.execute(update(Ticket).where(Ticket.number == number).values(created_at=earlier))


def hold(desk: Installation, numbers: list[int], state: str = "held") -> None:
    """Let the letters of tickets not go, whatever the budgets of the hour are."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Delivery).where(Delivery.ticket_number.in_(numbers)).values(state=state))
