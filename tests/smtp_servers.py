"""SMTP servers for tests: one that takes everything that is right, and many that misbehave."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from bare_server import BareServer
from ports import free_port

LONGEST_LINE = 998


@dataclass(frozen=True)
class Received:
    """A letter as it came over the wire."""

    sender: str
    recipients: list[str]
    content: bytes
    options: tuple[str, ...] = ()
    """What was said beside the address in MAIL FROM."""


def faults_of(content: bytes) -> list[str]:
    """What a strict server finds wrong with a letter: bare CR or LF, lines over 998 octets."""
    faults = []
    if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
        faults.append("a bare CR or LF")
    if max(map(len, content.split(b"\r\n"))) > LONGEST_LINE:
        faults.append("a line over 998 octets")
    return faults


class Sink:
    """A real SMTP server (aiosmtpd) on loopback that takes letters into ``received``, strictly.

    Args:
        refuse: the answer to RCPT TO, by recipient: ``{"no@desk.example": "550 5.1.1 no such mailbox"}``.
        size: the largest letter, announced by EHLO.
        smtputf8: offer SMTPUTF8.
        tls: offer STARTTLS with this context.
        login: the only user and password that may send; only over TLS when ``tls`` is given.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        refuse: Mapping[str, str] | None = None,
        size: int = 50_000_000,
        smtputf8: bool = True,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.received: list[Received] = []
        self.refuse = dict(refuse or {})
        self.connections = 0
        self._login = login
        self._options: dict[str, Any] = {
            "data_size_limit": size,
            "enable_SMTPUTF8": smtputf8,
            "tls_context": tls,
            "require_starttls": tls is not None,
            "authenticator": self._authenticate if login else None,
            "auth_required": login is not None,
            "auth_require_tls": tls is not None,
        }
        self.port = free_port()
        self._controller: Controller | None = None

    def start(self) -> Self:
        """Begin to listen."""
        self._controller = _Controller(self, hostname=self.host, port=self.port, **self._options)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Stop listening; what was received stays."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count connections."""
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse whom the test wants refused."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter that is right to the last byte."""
        content = envelope.original_content or b""
        if faults := faults_of(content):
            return f"554 5.6.0 {', '.join(faults)}"
        options = tuple(envelope.mail_options)
        self.received.append(
            Received((envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos), content, options)
        )
        return "250 OK"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        credentials = (data.login.decode(), data.password.decode())
        return AuthResult(success=credentials == self._login, handled=False)


class _Controller(Controller):
    def __init__(self, sink: Sink, *, hostname: str, port: int, **options: Any) -> None:
        self._smtp_options = options
        super().__init__(sink, hostname=hostname, port=port)

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="sink.example", **self._smtp_options)


class HostileServer(BareServer):
    """A server on a bare socket that goes wrong in one way.

    Modes that never answer: ``silent`` (no greeting), ``silent_after_ehlo``, ``silent_in_data`` (reads no further),
    ``silent_after_data`` (after the last dot), ``drip`` (one byte now and then, for ever), ``endless_reply``.
    Modes that hang up: ``drop_at_quit``, ``drop_after_250``, ``drop_after_data`` (before the 250),
    ``drop_at_greeting``, ``drop_in_data``, ``drop_when_reused`` (at the second letter of a connection),
    ``closing_when_reused`` (the same with a 421).
    Modes that answer: ``greeting_421``, ``greeting_554``, ``mail_421``, ``mail_451``, ``mail_550``,
    ``mail_550_rate``, ``rcpt_450``, ``rcpt_451_once``, ``rcpt_550``, ``rcpt_550_blocked``, ``rcpt_552_full``,
    ``rcpt_554_relay``, ``data_451``, ``data_552``, ``data_554``, ``end_451``, ``end_550``, ``end_550_dmarc``,
    ``auth_535``, ``auth_454``, ``mail_530``, ``garbage``, ``rset_500``.
    Modes of TLS: ``starttls_injection`` (speaks on before TLS begins), ``starttls_454``, ``tls_at_once``; a bad
    certificate comes by ``tls``.
    ``good`` does all right.
    """

    def __init__(self, mode: str = "good", *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.mode = mode
        self.tls = tls
        self.received: list[Received] = []
        self.commands: list[str] = []

    def prepare(self, client: socket.socket) -> socket.socket:
        """Begin TLS at once where the mode says so."""
        if self.mode == "silent_in_data":
            # A small window: what the server does not read is soon felt by who writes.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if self.mode == "tls_at_once" and self.tls:
            return self.tls.wrap_socket(client, server_side=True)
        return client

    def talk(self, client: socket.socket) -> None:
        """Take letters, as the mode says."""
        _Session(self, client).run()

    def takes(self, content: bytes) -> bool:
        """Whether a letter is taken once it is there; otherwise the server hangs up."""
        return True

    def wait(self) -> None:
        """Say nothing until the test is over."""
        self.stopped.wait(60)
        raise _HangUp


class _HangUp(OSError):
    pass


class _Session:
    """One connection of a hostile server."""

    def __init__(self, server: HostileServer, client: socket.socket) -> None:
        self.server = server
        self.mode = server.mode
        self.client = client
        self.lines = client.makefile("rb")
        self.letters = 0
        self.sender = ""
        self.options: tuple[str, ...] = ()
        self.recipients: list[str] = []
        self._answers: Mapping[str, Callable[[str], None]] = {
            "EHLO": self._ehlo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "QUIT": self._quit,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
        }

    def run(self) -> None:
        self._greet()
        while line := self.lines.readline():
            command = line.decode("utf-8", "replace").strip()
            verb = command.split(" ")[0].upper()
            self.server.commands.append(verb + command[len(verb) :])
            if self._goes_wrong_when_reused(verb):
                return
            self._answers.get(verb, self._unknown)(command)

    def _say(self, text: str) -> None:
        self.client.sendall(text.encode() + b"\r\n")

    def _drip(self, octets: Iterable[int]) -> None:
        for octet in octets:
            self.client.sendall(bytes([octet]))
            time.sleep(0.05)

    def _greet(self) -> None:
        if self.mode == "silent":
            self.server.wait()
        elif self.mode == "drop_at_greeting":
            raise _HangUp
        elif self.mode == "drip":
            self._drip(b"220-" + b"welcome " * 1000)
        elif self.mode == "endless_reply":
            while True:
                self.client.sendall(b"220-and another line\r\n" * 500)
        elif self.mode == "garbage":
            self._say("\x00\xff nonsense")
        elif self.mode == "greeting_421":
            self._say("421 4.3.2 come back later")
            raise _HangUp
        elif self.mode == "greeting_554":
            self._say("554 not here")
        else:
            self._say("220 hostile.example ESMTP")

    def _goes_wrong_when_reused(self, verb: str) -> bool:
        if not self.letters or verb not in ("MAIL", "RSET"):
            return False
        if self.mode == "closing_when_reused":
            self._say("421 4.4.2 idle for too long")
        return self.mode in ("drop_when_reused", "closing_when_reused")

    def _ehlo(self, command: str) -> None:
        if self.mode == "silent_after_ehlo":
            self.server.wait()
        features = ["hostile.example", "SIZE 1000000"]
        if self.mode.startswith("starttls") or (self.server.tls and not isinstance(self.client, ssl.SSLSocket)):
            features.append("STARTTLS")
        if self.mode.startswith("auth"):
            features.append("AUTH PLAIN")
        *first, last = features
        for feature in first:
            self._say(f"250-{feature}")
        self._say(f"250 {last}")

    def _mail(self, command: str) -> None:
        address, _, options = command.partition("<")[2].partition(">")
        self.sender, self.options, self.recipients = address, tuple(options.split()), []
        self._say(
            {
                "mail_421": "421 4.3.2 going down",
                "mail_451": "451 4.3.0 later",
                "mail_530": "530 5.7.0 authentication required",
                "mail_550": "550 5.7.1 not from you",
                "mail_550_rate": "550 5.4.5 Daily user sending limit exceeded.",
            }.get(self.mode, "250 OK")
        )

    def _rcpt(self, command: str) -> None:
        self.recipients.append(command.partition("<")[2].partition(">")[0])
        attempts = sum(line.startswith("RCPT") for line in self.server.commands)
        if self.mode == "rcpt_451_once" and attempts == 1:
            self._say("451 4.7.1 greylisted")
            return
        self._say(
            {
                "rcpt_450": "450 4.2.1 busy",
                "rcpt_550": "550 5.1.1 no such mailbox",
                "rcpt_550_blocked": "550 5.7.1 Client host [127.0.0.1] blocked using zen.spamhaus.org",
                "rcpt_552_full": "552 5.2.2 mailbox full",
                "rcpt_554_relay": "554 5.7.1 Relay access denied",
                "rset_500": "550 5.1.1 no such mailbox",
            }.get(self.mode, "250 OK")
        )

    def _data(self, command: str) -> None:
        refusals = {
            "data_451": "451 4.3.0 later",
            "data_552": "552 5.3.4 too big",
            "data_554": "554 5.6.0 not that",
        }
        if self.mode in refusals:
            self._say(refusals[self.mode])
            return
        self._say("354 go on")
        if self.mode == "drop_in_data":
            self.lines.readline()
            raise _HangUp
        if self.mode == "silent_in_data":
            self.server.wait()
        content = self._letter()
        if self.mode == "silent_after_data":
            self.server.wait()
        if self.mode == "drop_after_data" or not self.server.takes(content):
            raise _HangUp
        refusals = {
            "end_451": "451 4.3.0 disk full",
            "end_550": "550 5.7.1 spam",
            "end_550_dmarc": "550 5.7.26 sender is unauthenticated, SPF and DKIM did not pass",
        }
        if self.mode in refusals:
            self._say(refusals[self.mode])
            return
        self.server.received.append(Received(self.sender, self.recipients, content, self.options))
        self.letters += 1
        self._say("250 taken")
        if self.mode == "drop_after_250":
            raise _HangUp

    def _letter(self) -> bytes:
        content = b""
        for line in self.lines:
            if line == b".\r\n":
                return content
            content += line[1:] if line.startswith(b".") else line
        raise _HangUp

    def _unknown(self, command: str) -> None:
        self._say("500 what?")

    def _rset(self, command: str) -> None:
        self._say("500 what?" if self.mode == "rset_500" else "250 OK")

    def _quit(self, command: str) -> None:
        if self.mode != "drop_at_quit":
            self._say("221 bye")
        raise _HangUp

    def _auth(self, command: str) -> None:
        self._say({"auth_535": "535 5.7.8 no", "auth_454": "454 4.7.0 later"}.get(self.mode, "235 yes"))

    def _starttls(self, command: str) -> None:
        if self.mode == "starttls_454":
            self._say("454 4.7.0 not now")
            return
        if self.mode == "starttls_injection":
            self.client.sendall(b"220 go\r\n250 injected\r\n")
            return
        self._say("220 go")
        assert self.server.tls is not None
        self.client = self.server.tls.wrap_socket(self.client, server_side=True)
        self.server._open.append(self.client)
        self.lines = self.client.makefile("rb")
