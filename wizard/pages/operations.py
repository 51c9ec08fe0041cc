"""For machines that watch: is the process alive, can it work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, jsonify
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from wizard.extensions import reading
from wizard.models import OwedLetter
from wizard.outbox.queue import ACKNOWLEDGEMENT

operations = Blueprint("operations", __name__)

LATE = timedelta(minutes=10)
"""Age at which an owed letter to the desk turns readiness red."""


@operations.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@operations.get("/readyz")
def readyz() -> tuple[Response, int]:
    """The database answers, and no letter to the desk is dead or late. Red means: a person must look (threats R14)."""
    to_desk = OwedLetter.kind != ACKNOWLEDGEMENT
    try:
        with reading() as connection:
            dead = connection.execute(
                select(func.count()).select_from(OwedLetter).where(to_desk, OwedLetter.state == "dead")
            ).scalar_one()
            oldest = connection.execute(
                select(func.min(OwedLetter.created_at)).where(to_desk, OwedLetter.state.in_(["owed", "sending"]))
            ).scalar_one()
    except SQLAlchemyError:
        return jsonify(status="red", database="away"), 503
    age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0
    is_green = not dead and age < LATE.total_seconds()
    body = jsonify(status="ok" if is_green else "red", dead_letters=dead, oldest_owed_seconds=round(max(0, age)))
    return body, 200 if is_green else 503
