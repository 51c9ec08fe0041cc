"""Making a backup while the service runs: the database first, then the files, then the mark of the last number.

In this order whatever the copied database names is among the copied files: a file is stored before a row names it, and
deleted only after the last row has gone, which the sweep lock puts off until the files are copied.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from wizard.backup import database
from wizard.backup.manifest import (
    DATABASE,
    FILES,
    SECRET_KEY,
    TOMBSTONES,
    BackupError,
    Manifest,
    digest_of,
    write_manifest,
)
from wizard.container import Container
from wizard.db.models import UNSENT, Delivery, Ticket, TicketAttachment
from wizard.db.numbers import highest_number
from wizard.files.storage import FileStore
from wizard.values.datetimes import iso_utc


@dataclass(frozen=True)
class Backup:
    """A backup that was made."""

    manifest: Manifest
    missing: frozenset[str]
    """Keys of files that tickets have and the storage has lost."""


def create_backup(container: Container, folder: Path) -> Backup:
    """Copy everything of this installation into a folder that is empty or new. Only this user can read it.

    Raises:
        BackupError: it cannot be done; what was copied so far has no manifest and is no backup.
    """
    try:
        with private_files():
            _claim(folder)
            return _copy(container, folder)
    except OSError as fault:
        raise BackupError(f"{folder}: there is no backup: {fault.strerror or fault}. Delete what is in it") from None
    except SQLAlchemyError as fault:
        raise BackupError(f"{folder}: there is no backup: the database failed ({type(fault).__name__})") from None


@contextmanager
def private_files() -> Iterator[None]:
    """Let nobody else read what this process writes: it is the secret key and clients' words."""
    former = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(former)


def _claim(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.iterdir(), None):
        raise BackupError(f"{folder}: not empty. Name a new folder for each backup")
    folder.chmod(0o700)


def _copy(container: Container, folder: Path) -> Backup:
    kind = database.kind()
    with container.sweep_lock.copying():
        with database.one_moment() as connection:
            contents = _contents(connection)
            created_at = datetime.now(UTC)
            database.copy_database(connection, folder / DATABASE[kind])
        files = _copy_files(container.store, folder)
        (folder / SECRET_KEY).write_text(container.settings.secret_key + "\n", encoding="utf-8")
        # After the database: what is erased in between is erased again when both are restored.
        names = [DATABASE[kind], SECRET_KEY, *_copy_tombstones(container, folder)]
        last_number = max(container.number_mark.read(), contents.last_number)
    sha256 = {name: _digest(folder / name) for name in names} | files
    # One sync for all of them: one for each would take minutes.
    os.sync()
    copied = Manifest(
        created_at=iso_utc(created_at),
        database=kind,
        revision=contents.revision,
        last_number=last_number,
        counts={**contents.counts, "files": len(files)},
        sha256=sha256,
    )
    write_manifest(folder, copied)
    return Backup(copied, contents.keys - {name.rpartition("/")[2] for name in files})


@dataclass(frozen=True)
class _Contents:
    revision: str
    last_number: int
    counts: Mapping[str, int]
    keys: frozenset[str]
    """Keys of the files that tickets have."""


def _contents(connection: Connection) -> _Contents:
    # Columns that every version of the tables has: a backup is made before an upgrade too.
    unsent = select(func.count()).select_from(Delivery).where(Delivery.state.in_(UNSENT))
    return _Contents(
        revision=connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
        last_number=highest_number(connection),
        counts={
            "tickets": connection.execute(select(func.count()).select_from(Ticket)).scalar_one(),
            "unsent": connection.execute(unsent).scalar_one(),
        },
        keys=frozenset(connection.execute(select(TicketAttachment.storage_key).distinct()).scalars()),
    )


def _copy_tombstones(container: Container, folder: Path) -> list[str]:
    if tombstones := container.tombstones.read():
        (folder / TOMBSTONES).write_bytes(tombstones)
        return [TOMBSTONES]
    return []


def _copy_files(store: FileStore, folder: Path) -> dict[str, str]:
    """Copy the stored files. Returns their digests by their path in the backup."""
    digests = {}
    for key in store.all_keys():
        name = f"{FILES}/{key[:2]}/{key}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            with store.open(key) as file, (folder / name).open("xb") as copy:
                digests[name] = digest_of(file, copy)
        except KeyError:
            # Deleted since it was listed: no row names it, or the sweep would not have been let.
            continue
    return digests


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return digest_of(file)
