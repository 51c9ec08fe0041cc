"""SMTP by Flask-Mail on one persistent connection, with each of its traps cured (dependencies.md, row SMTP).

``SmtpClient`` is Flask-Mail's ``Connection`` and ``Envelope`` its ``Message``, so ``mail.record_messages()`` still
records. New are the timeout and the deadline, TLS that checks certificates and never falls back, one recipient a
message, a QUIT that cannot undo a delivery, and failures that say whether to try again.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import default
from types import TracebackType
from typing import Self

import flask_mail
from flask import current_app, has_app_context

from wizard.outbox.deadline import Deadline
from wizard.outbox.errors import DeliveryFailure, PermanentFailure, ServerAway, TooLarge, failure_behind
from wizard.outbox.smtp_replies import failure_of
from wizard.outbox.smtp_session import SmtpSession, TlsSmtpSession
from wizard.values.email import bare_address

_QUIT_SECONDS = 2.0


@dataclass(frozen=True)
class SmtpSettings:
    """The mail server, and how long a delivery may take."""

    host: str
    port: int = 25
    use_tls: bool = False
    """STARTTLS; without it, or with a bad certificate, nothing is sent (threats E28)."""
    use_ssl: bool = False
    """TLS from the first byte."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    """Seconds that the server may be silent."""
    deadline: float = 120.0
    """Seconds that one letter may take in all, connecting included. Shorter than the lease."""


class Envelope(flask_mail.Message):
    """Finished bytes and their envelope, as Flask-Mail passes messages round."""

    def __init__(self, letter: bytes, sender: str, recipient: str) -> None:
        # Not Flask-Mail's own __init__: it asks the network for this machine's name, to make up a Message-ID.
        self.letter = letter
        self.sender = sender
        self.recipients = [recipient]
        self.cc, self.bcc, self.attachments, self.alts = [], [], [], {}
        self.mail_options, self.rcpt_options = [], []

    @property
    def subject(self) -> str:  # type: ignore[override]
        """The decoded subject, read from the bytes."""
        return str(BytesHeaderParser(policy=default).parsebytes(self.letter)["Subject"] or "")

    def as_bytes(self) -> bytes:
        """The letter as it was composed."""
        return self.letter


class SmtpClient(flask_mail.Connection):
    """One connection to the mail server, opened at the first letter, reused, and opened anew when the server closed it.

    Not for several threads at once.
    """

    host: SmtpSession | None

    def __init__(self, settings: SmtpSettings) -> None:
        super().__init__(settings)  # type: ignore[arg-type]
        self.settings = settings
        self._deadline = Deadline(settings.timeout, settings.deadline)
        self._has_leftovers = False
        self._is_from_nobody = False
        self._in_letter = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def deliver(self, letter: bytes, sender: str, recipient: str) -> None:
        """Deliver one letter to the server. Returning means that the server has it, whatever happens afterwards.

        Args:
            letter: finished bytes, lines ended by CRLF.
            sender: for MAIL FROM; empty for ``<>``.
            recipient: for RCPT TO; one, so that a refusal is never half a success (threats R15).

        Raises:
            ServerAway: the server is away, which is not about this letter.
            TemporaryFailure: retry later.
            TooLarge: more than the server takes.
            PermanentFailure: refused for good.
        """
        self.send(Envelope(letter, sender, recipient))

    def send(self, message: Envelope, envelope_from: str | tuple[str, str] | None = None) -> None:  # type: ignore[override]
        """Flask-Mail's entry: ``deliver`` for an envelope."""
        sender = envelope_from if isinstance(envelope_from, str) else str(message.sender)
        [recipient] = message.recipients
        self._transmit(message.letter, _checked(sender) if sender else "", _checked(str(recipient)))
        self.num_emails += 1
        if has_app_context():
            flask_mail.email_dispatched.send(current_app._get_current_object(), message=message)  # type: ignore[attr-defined]

    def close(self) -> None:
        """QUIT, quietly and not for long: what the server accepted stays accepted (threats R12)."""
        host, self.host = self.host, None
        self._has_leftovers = False
        if host is None:
            return
        with suppress(OSError, smtplib.SMTPException, ValueError):
            self._deadline.start(_QUIT_SECONDS)
            host.quit()
        host.close()

    def _transmit(self, letter: bytes, sender: str, recipient: str) -> None:
        self._deadline.start()
        self._in_letter = False
        is_reused = self.host is not None
        try:
            try:
                self._begin(letter, sender, recipient)
            except (smtplib.SMTPServerDisconnected, ConnectionError, _Closing):
                # A server may end an idle connection at any time. Nothing of the letter is there yet: once more.
                self._drop()
                if not is_reused:
                    raise
                self._in_letter = False
                self._begin(letter, sender, recipient)
            self._finish(letter)
        except DeliveryFailure:
            raise
        except (OSError, smtplib.SMTPException, UnicodeError) as fault:
            self._drop()
            raise failure_behind(fault, in_letter=self._in_letter) from fault

    def _begin(self, letter: bytes, sender: str, recipient: str) -> None:
        """Everything up to the server's "go ahead" for the letter's bytes."""
        host = self.host = self.host or self.configure_host()
        if self._has_leftovers:
            if host.rset()[0] != 250:
                raise smtplib.SMTPServerDisconnected("the connection is of no use any more")
            self._has_leftovers = False
        options = self._options(host, len(letter), sender + recipient)
        self._has_leftovers = True
        self._is_from_nobody = not sender
        self._expect("MAIL FROM", *host.mail(sender, options))
        self._in_letter = True
        self._expect("RCPT TO", *host.rcpt(recipient), good=(250, 251))
        self._expect("DATA", *host.docmd("DATA"), good=(354,))

    def _finish(self, letter: bytes) -> None:
        host = self.host
        assert host is not None
        dotted = letter.replace(b"\n.", b"\n..")
        if dotted.startswith(b"."):
            dotted = b"." + dotted
        ending = b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n"
        host.send(dotted + ending)
        self._expect("end of DATA", *host.getreply())
        self._has_leftovers = False

    def _options(self, host: SmtpSession, size: int, addresses: str) -> list[str]:
        options = []
        if host.has_extn("size"):
            limit = host.esmtp_features["size"].strip()
            if limit.isdigit() and 0 < int(limit) < size:
                raise TooLarge(f"the letter has {size} bytes, the server takes {limit}")
            options.append(f"SIZE={size}")
        if not addresses.isascii():
            if not host.has_extn("smtputf8"):
                raise PermanentFailure("the server does not take international addresses (SMTPUTF8)")
            options.append("SMTPUTF8")
            host.command_encoding = "utf-8"
        else:
            host.command_encoding = "ascii"
        return options

    def _expect(self, step: str, code: int, reply: bytes, good: tuple[int, ...] = (250,)) -> None:
        if code in good:
            return
        failure = failure_of(step, code, reply, from_nobody=self._is_from_nobody)
        if code == 421:
            self._drop()
            raise _Closing(str(failure), in_letter=self._in_letter)
        raise failure

    def configure_host(self) -> SmtpSession:
        """Connect, greet, begin TLS, log in."""
        settings = self.settings
        host = self._connect()
        try:
            host.ehlo_or_helo_if_needed()
            if settings.use_tls and not settings.use_ssl:
                if not host.has_extn("starttls"):
                    raise ServerAway("the server offers no STARTTLS, and nothing is sent without", alarm=True)
                host.begin_tls(ssl.create_default_context())
                host.ehlo_or_helo_if_needed()
            if settings.username and settings.password:
                host.login(settings.username, settings.password)
        except BaseException:
            host.close()
            raise
        return host

    def _connect(self) -> SmtpSession:
        settings = self.settings
        if settings.use_ssl:
            return TlsSmtpSession(settings.host, settings.port, self._deadline, ssl.create_default_context())
        return SmtpSession(settings.host, settings.port, self._deadline)

    def _drop(self) -> None:
        host, self.host = self.host, None
        self._has_leftovers = False
        if host is not None:
            host.close()


class _Closing(ServerAway):
    """421: the server ends the connection."""


def _checked(address: str) -> str:
    """An envelope address that every server reads alike."""
    bare = bare_address(address)
    if bare is None:
        raise PermanentFailure(f"not a bare address: {address!r}"[:200])
    return bare
