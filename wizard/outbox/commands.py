"""Commands of a person who looks after the outbox: ``flask outbox list``, ``retry`` and ``flush``.

Those for held letters: ``held_commands.py``.
None of them changes the tables; ``flask outbox run``, which needs more rooms than this one, stands in ``wizard.cli``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import Row, select

from wizard.db.engine import reading
from wizard.db.migrate import require_newest_version
from wizard.db.models import Delivery, Ticket
from wizard.db.ticket_names import is_named
from wizard.outbox.backlog import STATES, lane_of
from wizard.outbox.requeue import flush, requeue
from wizard.values.datetimes import iso_utc

outbox_commands = AppGroup("outbox", help="Look after deliveries: letters and webhooks that wait, failed or were sent.")


@outbox_commands.command("list")
@click.option("--state", type=click.Choice([*STATES.values(), "owed"]), help="Only those; owed is waiting.")
@click.option("--ticket", metavar="NUMBER", help="Only what is about the ticket of this number or receipt code.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def list_outbox(state: str | None, ticket: str | None, limit: int, as_json: bool) -> None:
    """List letters and webhooks with what became of them."""
    require_newest_version()
    of_ticket = Ticket.number == Delivery.ticket_number
    listed = select(Delivery.__table__, Ticket.receipt).outerjoin(Ticket, of_ticket)
    statement = listed.order_by(Delivery.id.desc()).limit(limit)
    if state:
        statement = statement.where(Delivery.state == ("owed" if state == "waiting" else state))
    if ticket is not None:
        meant = is_named(ticket)
        if meant is None:
            raise click.BadParameter(f"{ticket} is no number and no receipt code", param_hint="--ticket")
        statement = statement.where(meant)
    with reading() as connection:
        deliveries = connection.execute(statement).all()
    for delivery in deliveries:
        click.echo(_json_line(delivery) if as_json else _line(delivery))
    if not deliveries and not as_json:
        click.echo("No letters.")


@outbox_commands.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--waiting", is_flag=True, help="Waiting ones too, not only dead ones.")
def retry_outbox(ids: tuple[int, ...], waiting: bool) -> None:
    """Send again: the letters and webhooks with the given IDS, dead or waiting, or all dead ones."""
    require_newest_version()
    now = datetime.now(UTC)
    count = requeue(ids, now)
    if waiting and not ids:
        count += flush(now)
    click.echo(f"{count} letters are owed again.")


@outbox_commands.command("flush")
def flush_outbox() -> None:
    """Make all that waits due now, whatever its next try was to be."""
    require_newest_version()
    click.echo(f"{flush(datetime.now(UTC))} letters are due now.")


def _line(delivery: Row[Any]) -> str:
    receipt = f" ({delivery.receipt})" if delivery.receipt else ""
    return (
        f"{delivery.id:>8}  {STATES[delivery.state]:<8}{delivery.kind:<17}ticket {delivery.ticket_number}{receipt}  "
        f"to {delivery.recipient}  tries {delivery.attempts}  due {delivery.due_at:%Y-%m-%d %H:%M:%S} UTC  "
        f"{delivery.last_error or ''}"
    ).rstrip()


def _json_line(delivery: Row[Any]) -> str:
    members = {
        "id": delivery.id,
        "ticket": delivery.ticket_number,
        "receipt": delivery.receipt,
        "kind": delivery.kind,
        "recipient": delivery.recipient,
        "state": STATES[delivery.state],
        "lane": lane_of(delivery.rank),
        "attempts": delivery.attempts,
        "due_at": iso_utc(delivery.due_at),
        "created_at": iso_utc(delivery.created_at),
        "sent_at": iso_utc(delivery.sent_at) if delivery.sent_at else None,
        "last_error": delivery.last_error,
        "waits_for": delivery.waits_for,
        "crashes": delivery.crashes,
    }
    return json.dumps(members, ensure_ascii=False)
