"""The manifest of a backup: what it holds, with every file's digest. Written last: without it there is no backup."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from click import ClickException

from wizard.files.storage import CHUNK, sync_folder

NAME = "manifest.json"
FORMAT = 1
"""The version of this layout; a backup of a later one is not read."""

SECRET_KEY = "secret_key"
FILES = "files"
TOMBSTONES = "erased"
"""What had been erased by then; missing where nothing had."""
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
"""The name of the database's copy, by its kind."""


class BackupError(ClickException):
    """A backup cannot be made or restored. One line says why, and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    created_at: str
    """When its database was copied, in UTC."""
    database: str
    """``sqlite`` or ``postgresql``."""
    revision: str
    """The version of the tables."""
    last_number: int
    """The highest number given until the backup was whole, to a ticket that may be no part of it."""
    counts: Mapping[str, int]
    sha256: Mapping[str, str]
    """The digest of every other file of the backup, by its path in it."""
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """The digest of the manifest itself: it stands in the file beside what it is made of."""
        content = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, and see that it is on the disk: from now on the folder is a backup."""
    content = json.dumps({**asdict(manifest), "digest": manifest.digest}, ensure_ascii=False, indent=1)
    unfinished = folder / f"{NAME}.unfinished"
    with unfinished.open("x", encoding="utf-8") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / NAME)
    sync_folder(folder)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup that is whole: every file there, none beside them, each with its digest.

    Raises:
        BackupError: it is not.
    """
    manifest = _manifest(folder)
    named, present = set(manifest.sha256), set(_paths_in(folder)) - {NAME}
    for names, what in ((named - present, "is missing"), (present - named, "does not belong to it")):
        if names:
            raise BackupError(f"{folder}: the backup is damaged: {min(names)} {what}{_and_more(names)}")
    for name, digest in manifest.sha256.items():
        with (folder / name).open("rb") as file:
            if digest_of(file) != digest:
                raise BackupError(f"{folder}: the backup is damaged: {name} is not what was copied")
    return manifest


def digest_of(file: IO[bytes], copy: IO[bytes] | None = None) -> str:
    """The SHA-256 of what is read from a file, in hexadecimal; what is read is written to ``copy`` too."""
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        if copy:
            copy.write(chunk)
    return digest.hexdigest()


def _manifest(folder: Path) -> Manifest:
    try:
        content: dict[str, Any] = json.loads((folder / NAME).read_text("utf-8"))
        if content["format"] != FORMAT:
            raise BackupError(f"{folder}: a backup of another version of this program (format {content['format']})")
        digest = content.pop("digest")
        manifest = Manifest(**content)
    except (FileNotFoundError, NotADirectoryError):
        raise BackupError(f"{folder}: no {NAME}: this is no backup, or one that was not finished") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BackupError(f"{folder}: the backup is damaged: {NAME} cannot be read ({type(fault).__name__})") from None
    if manifest.digest != digest or manifest.database not in DATABASE:
        raise BackupError(f"{folder}: the backup is damaged: {NAME} is not what was written")
    return manifest


def _paths_in(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _and_more(names: set[str]) -> str:
    return f", and {len(names) - 1} more" if len(names) > 1 else ""
