"""A Maildir (cr.yp.to/proto/maildir.html): every letter is a file, in sight of readers only when it is whole."""

from __future__ import annotations

import itertools
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from wizard.files.storage import sync_folder

# Other programs may put letters here or mark them as seen: any plain name is taken, ours or not.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,=+@-]{0,200}", re.ASCII)
ABANDONED = 36 * 3600
"""Seconds after which an unfinished letter is taken for lost; the Maildir paper's own figure."""

_count = itertools.count()


@dataclass(frozen=True)
class Entry:
    """A letter that lies in the folder."""

    id: str
    """Its file's name less the marks that mail programs add."""
    path: Path

    def read(self, max_bytes: int = -1) -> bytes:
        """The letter's bytes, or the first ``max_bytes`` of them; none when it has been removed meanwhile."""
        try:
            with self.path.open("rb") as file:
                return file.read(max_bytes)
        except FileNotFoundError:
            return b""

    @property
    def size(self) -> int:
        """Bytes of the letter."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def prepare(folder: Path) -> None:
    """Make the folder and clear away what was never finished.

    Raises:
        OSError: it cannot be made or written.
    """
    for part in ("", "tmp", "new", "cur"):
        (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = folder / "tmp" / f"probe-{os.getpid()}"
    probe.touch()
    probe.unlink()
    for path in (folder / "tmp").iterdir():
        if path.stat().st_mtime < time.time() - ABANDONED:
            path.unlink(missing_ok=True)


def deliver(folder: Path, content: bytes) -> str:
    """Add a letter; when this returns, it survives a power cut. Returns its id.

    Raises:
        OSError: the letter was not stored.
    """
    name = _new_name()
    unfinished = folder / "tmp" / name
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(unfinished, folder / "new" / name)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(folder / "new")
    return name


def entries(folder: Path) -> list[Entry]:
    """The letters, newest first."""
    letters = {}
    for part in ("cur", "new"):
        if (folder / part).is_dir():
            for path in (folder / part).iterdir():
                name = path.name.partition(":")[0]
                if NAME.fullmatch(name):
                    letters[name] = Entry(name, path)
    return sorted(letters.values(), key=_arrival, reverse=True)


def entry(folder: Path, id_: str) -> Entry | None:
    """The letter of an id. Only a name that lies in the folder is ever opened."""
    return next((letter for letter in entries(folder) if letter.id == id_), None)


def _arrival(letter: Entry) -> tuple[int, str]:
    seconds = letter.id.partition(".")[0]
    return (int(seconds) if seconds.isdecimal() and len(seconds) < 15 else 0, letter.id)


def _new_name() -> str:
    # Fixed widths first: by name is by arrival, to the microsecond.
    seconds, rest = divmod(time.time_ns(), 10**9)
    return f"{seconds}.M{rest // 1000:06d}Q{next(_count):08d}P{os.getpid()}R{secrets.token_hex(6)}.zayavka"
