"""A real SMTP server on loopback, in place of a mail provider: whatever it accepts lies in a Maildir."""

from __future__ import annotations

import asyncio
import logging
import socket
from asyncio import AbstractServer
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from wizard.mailbox import maildir
from wizard.values.ip import is_loopback

log = logging.getLogger(__name__)

LARGEST_LETTER = 64 * 1024 * 1024
"""Bytes; well above what the outbox sends (``MAIL_MAX_BYTES``)."""


class MailboxError(Exception):
    """The local mailbox cannot start; the text says in one line what to change."""


class LocalMailbox:
    """An SMTP server in a thread. A letter is answered with 250 only once it is on the disk."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 1025) -> None:
        """Store letters in ``folder``; listen on ``port`` of ``host``, a loopback address. Port 0 takes a free one."""
        self.folder = folder
        self.host = host
        self.port = port
        self._listening: socket.socket | None = None
        self._controller: _Controller | None = None

    def listen(self) -> None:
        """Open the port; letters wait there until ``start``, in this process or in one that is forked from it.

        Raises:
            MailboxError: the folder cannot be written, the port is taken, or ``host`` is not a loopback address.
        """
        try:
            maildir.prepare(self.folder)
        except OSError as error:
            raise MailboxError(
                f"the local mailbox cannot write to {self.folder} ({error.strerror}). Set WIZARD_INSTANCE_PATH"
            ) from None
        self._listening = self._listen()
        self.port = self._listening.getsockname()[1]

    @property
    def descriptors(self) -> list[int]:
        """What a process forked meanwhile has open on behalf of this one."""
        return [self._listening.fileno()] if self._listening else []

    def start(self) -> None:
        """Begin to take letters. ``port`` then is the port in use.

        Raises:
            MailboxError: as ``listen`` does, or the server does not start.
        """
        if self._listening is None:
            self.listen()
        assert self._listening is not None
        self._controller = _Controller(_Handler(self.folder), self._listening, self.host, self.port)
        try:
            self._controller.start()
        except Exception as error:
            self.stop()
            raise MailboxError(f"the local mailbox did not start on port {self.port}: {error}") from error

    def stop(self) -> None:
        """Stop listening; letters that were answered with 250 stay. May be called again."""
        controller, self._controller = self._controller, None
        self._listening = None
        if controller is not None:
            controller.stop(no_assert=True)

    def _listen(self) -> socket.socket:
        # Bound here and not in the server's thread: a port in use is told at once.
        if not is_loopback(self.host):
            raise MailboxError(f"the local mailbox listens on loopback only, and {self.host} is not: use 127.0.0.1")
        listening = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.host, self.port))
            listening.listen(128)
        except OSError as error:
            listening.close()
            raise MailboxError(
                f"the local mailbox cannot listen on port {self.port} of {self.host} ({error.strerror}). "
                "Choose another with MAILBOX_SMTP_PORT, or set WIZARD_MAIL_SERVER to a mail server of yours"
            ) from None
        return listening


class _Handler:
    """What aiosmtpd does with a letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        loop = asyncio.get_running_loop()
        try:
            name = await loop.run_in_executor(None, maildir.deliver, self._folder, content)
        except OSError as error:
            # For now, not for ever: the sender keeps the letter and comes again (RFC 5321 4.2.1).
            log.error("letter not kept: %s", error)
            return "452 4.3.1 The mailbox cannot be written, try again later"
        return f"250 2.0.0 Kept as {name}"


class _Controller(Controller):
    """Listens on a socket that is bound already."""

    def __init__(self, handler: _Handler, listening: socket.socket, host: str, port: int) -> None:
        super().__init__(handler, hostname=host, port=port, server_hostname="localhost", data_size_limit=LARGEST_LETTER)
        self._listening = listening

    def _create_server(self) -> Awaitable[AbstractServer]:
        factory: Any = self._factory_invoker
        return self.loop.create_server(factory, sock=self._listening)
