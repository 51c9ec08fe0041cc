"""What the letters' tests work on: a server that takes the letters, and what arrived there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from smtp_servers import Sink

from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.outbox.smtp_client import SmtpClient, SmtpSettings

Deliver = Callable[[Letter], EmailMessage]


@pytest.fixture(scope="session")
def mail_sink() -> Iterator[Sink]:
    """A strict SMTP server for all letters of the run."""
    with Sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def smtp_client(mail_sink: Sink) -> Iterator[SmtpClient]:
    """One connection to it."""
    with SmtpClient(SmtpSettings(mail_sink.host, mail_sink.port, timeout=10, deadline=20)) as client:
        yield client


@pytest.fixture(scope="session")
def deliver(mail_sink: Sink, smtp_client: SmtpClient) -> Deliver:
    """Send a letter over real SMTP and read what arrived."""

    def over_smtp(letter: Letter) -> EmailMessage:
        smtp_client.deliver(serialise(letter), letter.envelope_from, letter.recipient)
        received = mail_sink.received.pop()
        assert (received.sender, received.recipients) == (letter.envelope_from, [letter.recipient])
        message = message_from_bytes(received.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    return over_smtp
