"""The one row that everybody counts in is written last: whoever waits for it waits for a commit alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from api_client import Caller
from installation import Installation
from sqlalchemy import event

from wizard.db.engine import db


@pytest.mark.parametrize("key", [None, "order-4711-found"])
def test_reports_and_follow_ups_count_for_all_right_before_their_commit(
    make_desk: Callable[..., Installation], key: str | None
) -> None:
    caller = Caller(make_desk(), **({"Idempotency-Key": key} if key else {}))
    statements: list[str] = []
    with caller.desk.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    event.listen(engine, "commit", lambda _connection: statements.append("COMMIT"))

    def last_before_commit(stored: str) -> str:
        begin = next(place for place, statement in enumerate(statements) if f"INSERT INTO {stored} " in statement)
        last = statements[statements.index("COMMIT", begin) - 1]
        statements.clear()
        return last

    token = caller.create_ticket().json["token"]
    assert "INSERT INTO budget_usage " in last_before_commit("tickets")
    assert caller.post(f"tickets/{token}/follow-ups", {"text": "И вот ещё что"}).status_code == 201
    assert "INSERT INTO budget_usage " in last_before_commit("follow_ups")
