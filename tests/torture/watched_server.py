"""An SMTP server that kills, and remembers of every letter when it was taken and with which bytes."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from bare_server import BareServer
from kill_worker import Killer

MOMENTS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "before 250", "after 250")

CRASH_WINDOW = 3.0
"""Seconds before a crash in which a letter may have been taken whose outcome was not recorded any more."""


@dataclass(frozen=True)
class Taking:
    """A letter that was answered with 250."""

    at: float
    sha256: str


class WatchedServer(Killer, BareServer):
    """Takes everything, in ``pause`` seconds a letter; kills ``victim`` once, at a moment of some letter."""

    def __init__(self, pause: float = 0) -> None:
        super().__init__()
        self.pause = pause
        self.takings: dict[str, list[Taking]] = defaultdict(list)
        """By Message-ID."""
        self.crashes: list[float] = []
        """When something was killed."""
        self.by_moment: Counter[str] = Counter()
        """How often the victim was killed at each moment."""
        self._lock = threading.Lock()

    def crash(self, what: str) -> None:
        """Remember that something was killed just now."""
        self.crashes.append(time.monotonic())
        self.by_moment[what] += 1

    def pass_moment(self, moment: str) -> bool:
        """Kill if it is time; True when it was."""
        with self._lock:
            is_dead = super().pass_moment(moment)
        if is_dead:
            self.crash(moment)
        return is_dead

    def talk(self, client: socket.socket) -> None:
        """Take letters."""
        lines = client.makefile("rb")
        if self.pass_moment("connect"):
            return
        client.sendall(b"220 watched\r\n")
        while line := lines.readline():
            verb = line[:4].decode("ascii", "replace").strip().upper()
            if self.pass_moment(verb):
                return
            if verb == "EHLO":
                client.sendall(b"250-watched\r\n250 8BITMIME\r\n")
            elif verb == "QUIT":
                client.sendall(b"221 bye\r\n")
                return
            elif verb != "DATA":
                client.sendall(b"250 ok\r\n")
            elif not self._take(client, lines):
                return

    def _take(self, client: socket.socket, lines: socket.SocketIO) -> bool:
        client.sendall(b"354 go\r\n")
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            line = lines.readline()
            if not line:
                return False
            content += line
        time.sleep(self.pause)
        if self.pass_moment("before 250"):
            return False
        match = re.search(rb"^Message-ID:\s*(<[^>]+>)", content, re.MULTILINE | re.IGNORECASE)
        assert match
        self.takings[match[1].decode()].append(Taking(time.monotonic(), hashlib.sha256(content).hexdigest()))
        client.sendall(b"250 taken\r\n")
        return not self.pass_moment("after 250")

    def faults(self) -> list[str]:
        """Letters that came again though nothing was killed just then, or with other bytes."""
        faults = []
        for name, takings in self.takings.items():
            if len({taking.sha256 for taking in takings}) > 1:
                faults.append(f"{name} came with different bytes")
            for taking, next_one in pairwise(takings):
                window = (taking.at, min(taking.at + CRASH_WINDOW, next_one.at))
                if not any(window[0] <= crash <= window[1] for crash in self.crashes):
                    faults.append(f"{name} came again {next_one.at - taking.at:.1f} s later without a crash")
        return faults

    @property
    def doubled(self) -> int:
        """Letters too many."""
        return sum(len(takings) - 1 for takings in self.takings.values())
