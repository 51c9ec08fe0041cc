"""An installation whose sites have webhooks, and what a receiver checks."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from endpoints import Call
from installation import Installation
from sqlalchemy import select, update
from standardwebhooks import Webhook, WebhookVerificationError

from wizard.db.engine import writing
from wizard.db.models import Delivery
from wizard.outbox.webhook_events import WEBHOOK_RANK

SECRET = "whsec_" + base64.b64encode(b"a key of the tests, long enough").decode()

WEBHOOKS = (
    select(Delivery.id, Delivery.kind, Delivery.state, Delivery.attempts, Delivery.last_error, Delivery.due_at)
    .where(Delivery.rank == WEBHOOK_RANK)
    .order_by(Delivery.id)
)


class Shops(Installation):
    """An installation with sites of which some have a webhook."""

    def report(self, site: str = "shop", count: int = 1, name: str = "Сообщение") -> None:
        """Accept reports of a site without an address to acknowledge: one letter and at most one webhook each."""
        self.enqueue(count, name, site)

    def make_due(self) -> None:
        """Let the time of the next try be now."""
        with self.app.app_context(), writing() as connection:
            connection.execute(
                update(Delivery).where(Delivery.state == "owed").values(due_at=datetime.now(UTC) - timedelta(seconds=1))
            )

    @property
    def webhooks(self) -> list[Any]:
        """The webhooks of the outbox, oldest first."""
        return self.query(WEBHOOKS)


def is_accepted(call: Call, secret: str = SECRET) -> bool:
    """Whether a receiver that knows this secret believes the call, by a library that is not ours."""
    try:
        Webhook(secret).verify(call.body, dict(call.headers.items()))
    except WebhookVerificationError:
        return False
    return True


def event_of(call: Call) -> dict[str, Any]:
    """The event that a call carries."""
    event: dict[str, Any] = json.loads(call.body)
    return event
