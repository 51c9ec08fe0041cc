"""A Roundup tracker of the classic template, and what its mail gateway makes of letters."""

from __future__ import annotations

import mailbox
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import roundup.instance

PROGRAMS = Path(sys.executable).parent

CONFIGURED = {
    "tracker_email": "support@desk.example",
    "tracker_web": "https://tracker.desk.example/",
    "admin_email": "admin@desk.example",
    "mail_domain": "desk.example",
    "mail_host": "127.0.0.1",
    "rdbms_backend": "sqlite",
    # docs/desks.md says so: our tag, and [ВНЕ ОЧЕРЕДИ], are no class names of the tracker.
    "mailgw_subject_prefix_parsing": "loose",
    "mailgw_subject_suffix_parsing": "none",
}


@dataclass(frozen=True)
class Message:
    """One message of an issue, as the tracker stores it."""

    author: str
    text: str
    files: tuple[str, ...]


class Tracker:
    """A tracker in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.home, self.sent = folder / "tracker", folder / "sent.mbox"
        values = {**CONFIGURED, "mail_debug": str(self.sent)}
        listed = ",".join(f"{name}={value}" for name, value in values.items())
        self._admin("install", "classic", "sqlite", listed)
        schema = self.home / "schema.py"
        text = schema.read_text("utf-8")
        # Who writes for the first time is registered, as the template's own comment offers.
        permission = "db.security.addPermissionToRole('Anonymous', 'Email Access')"
        allowed = text.replace(f"\n#{permission}", f"\n{permission}")
        assert allowed != text
        schema.write_text(allowed, "utf-8")
        self._admin("initialise", "secret-of-the-test")

    def receive(self, letters: Sequence[bytes]) -> None:
        """Let the mail gateway read letters from a mailbox in their order; it empties it."""
        folder = mailbox.mbox(self.home.parent / "incoming.mbox")
        for letter in letters:
            folder.add(letter.replace(b"\r\n", b"\n"))
        folder.close()
        program = subprocess.run(
            [PROGRAMS / "roundup-mailgw", self.home, "mailbox", self.home.parent / "incoming.mbox"],
            capture_output=True,
            timeout=120,
        )
        assert program.returncode == 0 and not program.stderr, (program.stdout + program.stderr).decode()

    def open(self) -> Any:
        """The tracker's database, as its administrator sees it."""
        return roundup.instance.open(str(self.home)).open("admin")

    def issues(self) -> dict[str, str]:
        """The titles of all issues, by their numbers."""
        database = self.open()
        try:
            return {number: database.issue.get(number, "title") for number in database.issue.list()}
        finally:
            database.close()

    def messages(self, issue: str) -> list[Message]:
        """The messages of an issue in their order."""
        database = self.open()
        try:
            return [_message(database, number) for number in sorted(database.issue.get(issue, "messages"), key=int)]
        finally:
            database.close()

    def issue_of(self, message_id: str) -> str:
        """The issue that holds the message of this Message-ID; fails where none or several do."""
        database = self.open()
        try:
            issues = database.issue.filter(None, {"messages": database.msg.stringFind(messageid=message_id) or ["-1"]})
        finally:
            database.close()
        assert len(issues) == 1, (message_id, issues)
        return str(issues[0])

    def files(self, issue: str) -> list[tuple[str, bytes]]:
        """Names and bytes of an issue's files."""
        database = self.open()
        try:
            numbers = sorted(database.issue.get(issue, "files"), key=int)
            return [(database.file.get(number, "name"), _octets(database, number)) for number in numbers]
        finally:
            database.close()

    def _admin(self, *arguments: str) -> None:
        program = subprocess.run(
            [PROGRAMS / "roundup-admin", "-i", self.home, *arguments], capture_output=True, text=True, timeout=120
        )
        assert program.returncode == 0, program.stdout + program.stderr


def _message(database: Any, number: str) -> Message:
    author = database.user.get(database.msg.get(number, "author"), "address")
    files = tuple(database.file.get(file, "name") for file in database.msg.get(number, "files"))
    return Message(str(author), str(database.msg.get(number, "content")), files)


def _octets(database: Any, number: str) -> bytes:
    return bytes(database.file.get(number, "binary_content"))
