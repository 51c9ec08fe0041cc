"""Letters on their way: claimed in batches, composed, handed to the mail server on one connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from wizard.container import Container
from wizard.outbox import queue
from wizard.outbox.claim import Claim
from wizard.outbox.letter_composition import compose
from wizard.outbox.smtp_client import SmtpClient, SmtpSettings

BATCH = 20
"""Letters claimed at a time: one commit for all of them."""


class EmailTransport:
    """Carries letters (``worker.Transport``)."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._client = SmtpClient(smtp_settings(container))
        self.longest = timedelta(seconds=container.settings.mail_deadline)

    def claim(self, now: datetime, lease: timedelta) -> Sequence[Claim]:
        """The letters that are due, the desk's first."""
        return queue.claim_due(now, lease, BATCH)

    def prepare(self, claim: Claim) -> Callable[[], None]:
        """Compose the letter."""
        letter = compose(self._container, claim)
        return partial(self._client.deliver, letter.content, letter.sender, claim.recipient)

    def close(self) -> None:
        """Say goodbye to the mail server."""
        self._client.close()


def smtp_settings(container: Container) -> SmtpSettings:
    """Where mail goes: the owner's server, or the local mailbox."""
    settings = container.settings
    if settings.uses_local_mailbox:
        host, port = "127.0.0.1", settings.mailbox_smtp_port
    else:
        host, port = str(settings.mail_server), settings.mail_port
    return SmtpSettings(
        host=host,
        port=port,
        use_tls=settings.mail_use_tls,
        use_ssl=settings.mail_use_ssl,
        username=settings.mail_username,
        password=settings.mail_password,
        timeout=settings.mail_timeout,
        deadline=settings.mail_deadline,
    )
