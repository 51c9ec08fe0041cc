"""Delivery of webhooks: claimed one by one, composed, signed, posted to the site's endpoint."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from wizard.config.webhook import DELIVERY_FAILED, TICKET_CREATED
from wizard.container import Container
from wizard.outbox.claim import Claim, attachment_of, read_rows
from wizard.outbox.errors import PermanentFailure
from wizard.outbox.leases import Leases
from wizard.outbox.webhook_events import delivery_failed, follow_up_added, ticket_created, webhook_id
from wizard.tickets.snapshot import load as load_snapshot
from wizard.tickets.ticket_json import Version

if TYPE_CHECKING:
    from wizard.outbox.http_client import HttpClient


@dataclass(frozen=True)
class Message:
    """An event as it goes to its endpoint, at every try."""

    id: str
    body: bytes


class WebhookTransport:
    """Delivers webhooks (``lanes.Transport``)."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self.longest = timedelta(seconds=container.settings.webhook_longest)

    def claim(self, leases: Leases, now: datetime) -> Sequence[Claim]:
        """One webhook: a batch behind an endpoint that hangs would wait for it."""
        return leases.claim_webhook(now)

    def prepare(self, claim: Claim) -> Callable[[], None]:
        """Compose the message."""
        return partial(self._post, claim.recipient, compose_event(claim, self._container.settings.ticket_json_version))

    def may_go_on(self) -> bool:
        """A claim is never more than one."""
        return True

    def close(self) -> None:
        """Nothing is cached between two calls."""

    def _post(self, site: str, message: Message) -> None:
        webhook = self._container.site(site).webhook
        if webhook is None:
            raise PermanentFailure("the site has no webhook any more")
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Zayavka-Webhooks/1",
            "Connection": "close",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(webhook.keys, message.id, now, message.body),
        }
        self._client.post(webhook.url, headers, message.body)

    @cached_property
    def _client(self) -> HttpClient:
        # Imported here: only installations that call somebody need an HTTP client in memory.
        from wizard.outbox.http_client import HttpClient, HttpLimits

        settings = self._container.settings
        limits = HttpLimits(settings.webhook_timeout, settings.webhook_deadline, settings.webhook_private_addresses)
        return HttpClient(limits)


def compose_event(claim: Claim, version: Version = 2) -> Message:
    """The message that a claim stands for: from its ticket's snapshot alone, and so the same at every try.

    Args:
        version: the shape in which the ticket is told (``TICKET_JSON_VERSION``).
    """
    rows = read_rows(claim)
    ticket, follow_up = rows.ticket, rows.follow_up
    snapshot = load_snapshot(ticket)
    if claim.kind == TICKET_CREATED:
        body = ticket_created(snapshot, version=version)
    elif claim.kind == DELIVERY_FAILED:
        body = delivery_failed(snapshot, claim.details or "{}")
    else:
        assert follow_up is not None
        body = follow_up_added(
            snapshot,
            follow_up.text,
            [attachment_of(row) for row in rows.files],
            position=follow_up.position,
            created_at=follow_up.created_at,
            verified=follow_up.verified,
        )
    return Message(webhook_id(ticket.token, claim.kind, claim.follow_up, claim.occasion), body)


def signature(keys: Iterable[bytes], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature for each key, so that secrets can be changed without a gap."""
    message = f"{webhook_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, message, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
