"""Mail servers, each with a fault of character of its own; every one can be healed."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from io import BufferedReader

from bare_server import BareServer

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.MULTILINE | re.IGNORECASE)


class HangUp(OSError):
    """The end of a connection."""


class Conversation:
    """One connection: what is said on it, and how often."""

    def __init__(self, server: MoodyServer, client: socket.socket) -> None:
        self.server, self.client = server, client
        self.lines: BufferedReader = client.makefile("rb")
        self.letters = 0

    def say(self, text: str) -> None:
        """Answer."""
        self.client.sendall(text.encode("latin-1") + b"\r\n")

    def letter(self) -> bytes:
        """The letter that is being sent."""
        content = b""
        for line in self.lines:
            if line == b".\r\n":
                return content
            content += line
        raise HangUp


Action = Callable[[Conversation], None]


def silence(talk: Conversation) -> None:
    """Never say anything again."""
    talk.server.stopped.wait(60)
    raise HangUp


def hang_up(talk: Conversation) -> None:
    """End the connection."""
    raise HangUp


def reset(talk: Conversation) -> None:
    """End the connection by a reset."""
    talk.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    talk.client.close()
    raise HangUp


def drip(talk: Conversation) -> None:
    """A byte now and then, for ever."""
    while not talk.server.stopped.wait(0.1):
        talk.client.sendall(b"2")


def never_end(talk: Conversation) -> None:
    """An answer without an end."""
    while True:
        talk.client.sendall(b"250-and another line\r\n" * 500)


def say(text: str) -> Action:
    """Always the same answer."""
    return lambda talk: talk.say(text)


def say_and_hang_up(text: str) -> Action:
    """The same answer, and the end."""

    def action(talk: Conversation) -> None:
        talk.say(text)
        raise HangUp

    return action


def slowly(text: str) -> Action:
    """A right answer that takes its time."""

    def action(talk: Conversation) -> None:
        time.sleep(0.2)
        talk.say(text)

    return action


def every_second(bad: str, good: str = "250 ok") -> Action:
    """A mood that changes each time."""

    def action(talk: Conversation) -> None:
        talk.server.moods += 1
        talk.say(bad if talk.server.moods % 2 else good)

    return action


def only_first_letter(talk: Conversation) -> None:
    """Take one letter on a connection, then close it."""
    if talk.letters:
        talk.say("421 4.4.2 idle for too long")
        raise HangUp
    talk.say("250 ok")


def take_and_hang_up(talk: Conversation) -> None:
    """Take the letter, and never say so."""
    talk.server.take(talk.letter())
    raise HangUp


def take_and_fall_silent(talk: Conversation) -> None:
    """Take the letter, and say nothing."""
    talk.server.take(talk.letter())
    silence(talk)


def after_letter(action: Action) -> Action:
    """Read the letter, do not take it, and then …"""

    def read_first(talk: Conversation) -> None:
        talk.letter()
        action(talk)

    return read_first


def take_then(action: Action) -> Action:
    """Take the letter, say so, and then …"""

    def take_first(talk: Conversation) -> None:
        talk.server.take(talk.letter())
        talk.say("250 taken")
        action(talk)

    return take_first


PERSONALITIES: Mapping[str, Mapping[str, Action]] = {
    "good": {},
    "slow": {verb: slowly("250 ok") for verb in ("MAIL", "RCPT", "RSET")},
    "silent": {"connect": silence},
    "silent after EHLO": {"EHLO": silence},
    "silent in DATA": {"DATA": silence},
    "silent after the last dot": {"end": after_letter(silence)},
    "dripping": {"connect": drip},
    "dripping after the last dot": {"end": after_letter(drip)},
    "endless": {"EHLO": never_end},
    "hanging up at once": {"connect": hang_up},
    "resetting at once": {"connect": reset},
    "hanging up in DATA": {"DATA": hang_up},
    "resetting after the last dot": {"end": after_letter(reset)},
    "hanging up after each letter": {"end": take_then(hang_up)},
    "closing after each letter": {"MAIL": only_first_letter},
    "hanging up at QUIT": {"QUIT": hang_up},
    "busy": {"connect": say_and_hang_up("421 4.7.0 too many connections")},
    "not at home": {"connect": say_and_hang_up("554 5.3.2 not here")},
    "babbling": {"connect": say("\x00\xff nonsense")},
    "counting on its own": {"MAIL": say("999 what")},
    "answering twice": {"MAIL": say("250 ok\r\n250 ok")},
    "going down": {"MAIL": say_and_hang_up("421 4.3.2 going down")},
    "moody": {"RCPT": every_second("451 4.3.0 later")},
    "greylisting": {"RCPT": lambda talk: talk.say(talk.server.greylist())},
    "blocking the sender": {"MAIL": say("550 5.7.1 sender blocked")},
    "wanting a login": {"MAIL": say("530 5.7.0 authentication required")},
    "knowing no such mailbox": {"RCPT": say("550 5.1.1 no such mailbox")},
    "full": {"RCPT": say("552 5.2.2 mailbox full")},
    "finding it too large": {"end": after_letter(say("552 5.3.4 too big"))},
    "disliking the content": {"end": after_letter(say("550 5.7.1 spam"))},
    "out of space": {"end": after_letter(say("452 4.3.1 no space"))},
    "taking without DATA": {"DATA": say("250 ok")},
    "taking it and hanging up": {"end": take_and_hang_up},
    "taking it and saying nothing": {"end": take_and_fall_silent},
}
"""What goes wrong, and where: ``connect``, a command, or ``end``, which is the letter itself."""

MAY_DOUBLE = frozenset({"taking it and hanging up", "taking it and saying nothing"})
"""Those that take a letter and do not say so: nobody can know, and it comes again under the same Message-ID."""

SELF_HEALING = frozenset(
    {
        "good",
        "slow",
        "hanging up after each letter",
        "closing after each letter",
        "hanging up at QUIT",
        "moody",
        "greylisting",
    }
)
"""Those with whom every letter arrives though nobody does anything."""

_GOOD: Mapping[str, Action] = {
    "connect": say("220 moody.example ESMTP"),
    "EHLO": say("250-moody.example\r\n250 SIZE 50000000"),
    "DATA": say("354 go on"),
    "end": take_then(lambda _: None),
    "QUIT": say_and_hang_up("221 bye"),
}
GREYLIST_SECONDS = 1.0


class MoodyServer(BareServer):
    """A server with a personality, until it is healed."""

    def __init__(self, personality: str) -> None:
        super().__init__()
        self.actions = PERSONALITIES[personality]
        self.takings: dict[str, list[str]] = defaultdict(list)
        """SHA-256 of what was taken, by Message-ID."""
        self.moods = 0
        self._first_seen = 0.0
        self._lock = threading.Lock()

    def heal(self) -> None:
        """Be good from now on; who waits for an answer waits in vain."""
        self.actions = {}
        for connection in list(self._open):
            connection.close()

    def take(self, content: bytes) -> None:
        """Store a letter."""
        match = MESSAGE_ID.search(content)
        assert match
        with self._lock:
            self.takings[match[1].decode()].append(hashlib.sha256(content).hexdigest())

    def greylist(self) -> str:
        """Later, for a while after the first letter."""
        self._first_seen = self._first_seen or time.monotonic()
        is_known = time.monotonic() - self._first_seen > GREYLIST_SECONDS
        return "250 ok" if is_known else "451 4.7.1 greylisted, come again"

    def talk(self, client: socket.socket) -> None:
        """Take letters, as the personality has it."""
        talk = Conversation(self, client)
        self._act(talk, "connect")
        while line := talk.lines.readline():
            verb = line.split()[0].decode("latin-1").upper() if line.split() else ""
            self._act(talk, verb)
            if verb == "DATA" and self.actions.get("DATA") is None:
                self._act(talk, "end")
                talk.letters += 1

    def _act(self, talk: Conversation, stage: str) -> None:
        action = self.actions.get(stage) or _GOOD.get(stage) or say("250 ok")
        action(talk)
