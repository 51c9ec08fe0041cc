"""The outbox of an installation that runs already: nothing of it is lost, and its older processes go on (R24)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from wizard.db.engine import db
from wizard.db.migrate import register_migrations

TICKET = text(
    "INSERT INTO tickets (token, created_at, site, language, category, situation, fast_track, priority, inbox, record)"
    " VALUES ('t', '2026-11-24 00:00:00', '', 'ru', 'c', 's', false, 'normal', 'support@desk.example', '{}')"
)

LETTER = text(
    "INSERT INTO outbox"
    " (ticket_number, kind, follow_up, recipient, rank, state, attempts, due_at, with_files, created_at)"
    " VALUES (100001, :kind, 0, :recipient, 0, 'owed', 3, '2026-11-24 00:00:00', true, '2026-11-24 00:00:00')"
)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_waited_before_waits_after_and_older_processes_go_on_writing(
    make_app: Callable[..., Flask], database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    where = {} if database == "sqlite" else {"SQLALCHEMY_DATABASE_URI": request.getfixturevalue("fresh_postgresql")}
    app = make_app(**where)
    register_migrations(app)
    with app.app_context():
        downgrade(revision="0001")
        with db.engine.begin() as connection:
            connection.execute(TICKET)
            connection.execute(LETTER, {"kind": "desk", "recipient": "support@desk.example"})
        upgrade()
        with db.engine.begin() as connection:
            # As a process of the version before writes it: without the new columns.
            connection.execute(LETTER, {"kind": "acknowledgement", "recipient": "client@mail.example"})
        with db.engine.connect() as connection:
            rows = connection.execute(text("SELECT id, kind, attempts, occasion, details FROM outbox ORDER BY id"))
            assert rows.all() == [(1, "desk", 3, "", None), (2, "acknowledgement", 3, "", None)]
            assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(LETTER, {"kind": "desk", "recipient": "support@desk.example"})
        with db.engine.begin() as connection:
            connection.execute(text("DELETE FROM tickets"))
        with db.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM outbox")).scalar() == 0, "a ticket takes all with it"
