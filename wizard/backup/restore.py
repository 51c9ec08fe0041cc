"""Restoring a backup into an empty place. Letters that may have gone out since it was made are held back."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from wizard.backup import database, postgresql, unfinished
from wizard.backup.create import private_files
from wizard.backup.manifest import (
    DATABASE,
    FILES,
    SECRET_KEY,
    TOMBSTONES,
    BackupError,
    Manifest,
    digest_of,
    read_manifest,
)
from wizard.container import Container
from wizard.db import scrub
from wizard.db.engine import writing
from wizard.db.migrate import migrate_to_newest, newest_version
from wizard.db.models import Delivery, Installation, Worker
from wizard.db.numbers import count_on_from
from wizard.files.storage import FileStore
from wizard.intake.erased_files import delete_all_erased_files
from wizard.intake.erasure import follow_tombstones
from wizard.intake.secret_key import adopt_secret_key

LEAP = 10_000
"""Numbers left out after a restore: tickets that were accepted after the backup have them."""


@dataclass(frozen=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    next_number: int
    key_differs: bool
    """The key that is set is not that of the backup."""
    erased: int
    """Tickets of the backup that had been erased since it was made, and were erased again."""


def restore_backup(app: Flask, folder: Path, last_number: int = 0) -> Restored:
    """Restore a backup into the configured installation, which is empty; every digest is checked before.

    Nothing is sent and no file is deleted afterwards until ``release`` is called. What was erased since the backup was
    made is erased again, its files too. A restore that was interrupted goes on when it is called again.

    Args:
        last_number: the highest number that is known to have been given; the next one is beyond it in any case.

    Raises:
        BackupError: the backup is damaged or the target is not empty: nothing was written. Or writing failed.
    """
    container: Container = app.extensions["zayavka"]
    manifest = read_manifest(folder)
    with app.app_context(), private_files():
        _check_target(container, manifest)
        try:
            last_number = max(last_number, manifest.last_number, container.number_mark.read())
            unfinished.begin(container, manifest)
            container.number_mark.raise_to(last_number)
            if TOMBSTONES in manifest.sha256:
                container.tombstones.merge((folder / TOMBSTONES).read_bytes())
            # The folder may be claimed for the empty database that goes now: the next start claims it anew.
            container.store.owner_file.unlink(missing_ok=True)
            _restore_files(container.store, folder, manifest)
            key = (folder / SECRET_KEY).read_text("utf-8").strip()
            key_differs = not _restore_key(container, key)
            os.sync()
            database.put_in_place(folder / DATABASE[manifest.database])
            migrate_to_newest(app)
            _hold(last_number + LEAP)
            adopt_secret_key(container.settings.secret_key if key_differs else key)
            erased = _erase_again(container)
            unfinished.end(container)
        except (OSError, SQLAlchemyError, sqlite3.Error) as fault:
            raise BackupError(f"The restore was interrupted: {_text_of(fault)}. Mend that, and run it again") from None
    return Restored(manifest, last_number + LEAP + 1, key_differs, erased)


def _check_target(container: Container, manifest: Manifest) -> None:
    if manifest.database != database.kind():
        raise BackupError(
            f"the backup is one of {manifest.database}, the configured database is {database.kind()} "
            "(WIZARD_SQLALCHEMY_DATABASE_URI)"
        )
    if manifest.revision > newest_version():
        raise BackupError(f"the backup's tables (version {manifest.revision}) are newer than this program")
    if manifest.database == "postgresql":
        postgresql.check_program("pg_restore")
    if unfinished.is_of(container, manifest):
        database.check_holds_nothing_else(manifest)
        return
    folder = container.settings.files_folder
    if next(container.store.all_keys(), None):
        raise BackupError(
            f"{folder} holds files. Move it away, and its last_number and erased back: numbers go on beyond the one, "
            "and what the other names stays erased"
        )
    database.check_is_empty()


def _text_of(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return str(fault) if isinstance(fault, sqlite3.Error) else type(fault).__name__


def _restore_files(store: FileStore, folder: Path, manifest: Manifest) -> None:
    for name, digest in manifest.sha256.items():
        if not name.startswith(f"{FILES}/"):
            continue
        target = store.path(name.rpartition("/")[2])
        target.parent.mkdir(parents=True, exist_ok=True)
        unnamed = target.with_name(f"{target.name}.unfinished")
        with (folder / name).open("rb") as file, unnamed.open("wb") as copy:
            if digest_of(file, copy) != digest:
                raise BackupError(f"{folder}: {name} changed while it was restored")
        unnamed.rename(target)


def _restore_key(container: Container, key: str) -> bool:
    """Put the key in place of the one that this installation made for itself. False when another one is set."""
    path = container.settings.instance_path / SECRET_KEY
    if container.settings.secret_key == key:
        return True
    if not path.exists() or path.read_text().strip() != container.settings.secret_key:
        return False
    unnamed = path.with_name(f"{path.name}.restored")
    unnamed.write_text(key + "\n", encoding="utf-8")
    unnamed.rename(path)
    return True


def _erase_again(container: Container) -> int:
    erased = follow_tombstones(container)
    # All files are the backup's: no other ticket that this database does not know can need one.
    delete_all_erased_files(container)
    if erased.numbers and scrub.needs_rewriting():
        scrub.rewrite()
    scrub.empty_log()
    return len(erased.numbers)


def _hold(number: int) -> None:
    """Hold back what a person must decide, and let numbers go on beyond ``number``."""
    with writing() as connection:
        count_on_from(connection, number)
        last = connection.execute(select(func.max(Delivery.id))).scalar() or 0
        connection.execute(update(Installation).values(outbox_held=True, sweep_held=True, restored_up_to=last))
        # Whoever held these died with the former installation, or sends them there.
        held = update(Delivery).where(Delivery.state == "sending")
        connection.execute(held.values(state="owed", lease_token=None, lease_until=None))
        connection.execute(delete(Worker))
