"""An SMTP server that kills the worker at a chosen moment of the SMTP session."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kill_worker import Killer

MOMENTS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "before 250", "after 250")


class DeadlyServer(Killer, socketserver.ThreadingTCPServer):
    """Takes letters; kills ``victim`` once, at ``moment`` of the ``countdown``-th letter."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.port: int = self.server_address[1]
        self.taken: list[str] = []
        """Message-IDs of the letters answered with 250."""


class _Session(socketserver.StreamRequestHandler):
    server: DeadlyServer

    def handle(self) -> None:
        if self.server.pass_moment("connect"):
            return
        self._say("220 deadly")
        while line := self.rfile.readline():
            verb = line[:4].decode("ascii", "replace").upper()
            if self.server.pass_moment(verb):
                return
            if verb == "DATA":
                if not self._take():
                    return
            elif verb == "EHLO":
                self._say("250-deadly\r\n250 8BITMIME")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self) -> bool:
        self._say("354 go")
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            line = self.rfile.readline()
            if not line:
                return False
            content += line
        if self.server.pass_moment("before 250"):
            return False
        match = re.search(rb"^Message-ID: (<[^>]+>)", content, re.MULTILINE | re.IGNORECASE)
        assert match
        self.server.taken.append(match[1].decode())
        self._say("250 taken")
        return not self.server.pass_moment("after 250")

    def _say(self, line: str) -> None:
        try:
            self.wfile.write(line.encode() + b"\r\n")
        except OSError:
            return


@contextmanager
def deadly_server() -> Iterator[DeadlyServer]:
    """A running server."""
    with DeadlyServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
