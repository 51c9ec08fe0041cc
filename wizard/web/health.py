"""Health checks for machines that watch: liveness (``/healthz``), readiness (``/readyz``), mail (``/readyz?mail``)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import SQLAlchemyError

from wizard.db.engine import reading
from wizard.outbox.backlog import Backlog, read_backlog
from wizard.web.readiness import Readiness

health = Blueprint("health", __name__)


@health.record
def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions["readiness"] = Readiness(state.app.extensions["zayavka"])


@health.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """A report can be accepted now; with ``?mail``: and its letter will be sent (threats R14, L11).

    The first is for balancers, the second for alarms: a person must look.
    """
    readiness: Readiness = current_app.extensions["readiness"]
    faults = list(readiness.faults())
    figures: dict[str, Any] = {}
    # A database that hangs would hold this thread too.
    if "mail" in request.args and "database_away" not in faults:
        try:
            with reading() as connection:
                backlog = read_backlog(connection, datetime.now(UTC))
        except SQLAlchemyError:
            faults = faults or ["database_away"]
        else:
            faults += _mail_faults(backlog)
            lanes = {name: asdict(lane) for name, lane in backlog.lanes.items()}
            figures = {"heartbeat_seconds": backlog.heartbeat_seconds, "lanes": lanes}
    answer = jsonify(status="red" if faults else "ok", faults=faults, **figures)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 503 if faults else 200


def _mail_faults(backlog: Backlog) -> list[str]:
    """Webhooks and acknowledgements are counted and turn nothing red: one site's endpoint is no alarm for all."""
    desk = backlog.lanes["desk"]
    faults = {
        "worker_silent": not backlog.has_worker,
        "outbox_held": backlog.is_held,
        "sweep_held": backlog.is_sweep_held,
        "server_refuses": backlog.is_refused,
        "desk_letters_late": desk.late > 0,
        "desk_letters_dead": desk.dead > 0,
    }
    return [name for name, is_so in faults.items() if is_so]
