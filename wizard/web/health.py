"""Health checks for machines that watch: liveness (``/healthz``) and readiness (``/readyz``)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, jsonify
from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from wizard.db.engine import reading
from wizard.db.models import Delivery
from wizard.outbox.queue import TO_DESK
from wizard.outbox.webhook_events import WEBHOOK_RANK

health = Blueprint("health", __name__)

LATE = timedelta(minutes=10)
"""Age at which an unsent letter to the desk turns readiness red."""


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The database answers, and no letter to the desk is dead or late. Red means: a person must look (threats R14).

    Webhooks are counted and turn nothing red: one site's endpoint must not take the form from all the others.
    """
    to_desk, to_sites = Delivery.kind.in_(TO_DESK), Delivery.rank == WEBHOOK_RANK
    try:
        with reading() as connection:
            dead, age = _dead_and_late(connection, to_desk)
            dead_webhooks, webhook_age = _dead_and_late(connection, to_sites)
    except SQLAlchemyError:
        return jsonify(status="red", database="away"), 503
    is_green = not dead and age < LATE.total_seconds()
    body = jsonify(
        status="ok" if is_green else "red",
        dead_letters=dead,
        oldest_owed_seconds=round(age),
        dead_webhooks=dead_webhooks,
        oldest_owed_webhook_seconds=round(webhook_age),
    )
    return body, 200 if is_green else 503


def _dead_and_late(connection: Connection, which: ColumnElement[bool]) -> tuple[int, float]:
    """How many deliveries are dead, and the age in seconds of the oldest that is still unsent; 0 when none is."""
    dead = connection.execute(
        select(func.count()).select_from(Delivery).where(which, Delivery.state == "dead")
    ).scalar_one()
    oldest = connection.execute(
        select(func.min(Delivery.created_at)).where(which, Delivery.state.in_(["owed", "sending"]))
    ).scalar_one()
    return dead, max(0.0, (datetime.now(UTC) - oldest).total_seconds()) if oldest else 0.0
