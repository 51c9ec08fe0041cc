"""Ownership of the files: a folder of files belongs to one database, and to no other one would its files be known."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from flask import Flask
from sqlalchemy import Connection, select, true, union_all

from wizard.config.setting_types import SettingsError
from wizard.container import Container
from wizard.db.engine import db, reading
from wizard.db.models import Installation, PendingUpload, TicketAttachment
from wizard.files.storage import FileStore

log = logging.getLogger(__name__)

SAMPLE = 500
"""Files of which the database must know one where it takes over a folder that nobody has claimed."""


def claim_files(app: Flask) -> None:
    """See at the start that the files are this database's, whose tables are there; leave no connection open.

    The first start writes the database's id into the folder of files, later ones compare the two.

    Raises:
        SettingsError: the files are another database's, or their folder cannot be used. One line says what to do.
    """
    container: Container = app.extensions["zayavka"]
    with app.app_context():
        try:
            _claim(container.store)
        except OSError as error:
            raise SettingsError(f"{container.store.owner_file}: cannot be used ({error.strerror})") from None
        finally:
            db.engine.dispose()


def _claim(store: FileStore) -> None:
    with reading() as connection:
        database = str(connection.execute(select(Installation.uuid)).scalar_one())
        if store.owner() is None:
            sample = list(islice(store.all_keys(), SAMPLE))
            if sample and not known_keys(connection, sample):
                raise SettingsError(
                    f"{_name_of_database()} knows none of the files in {store.owner_file.parent}. Correct "
                    "WIZARD_SQLALCHEMY_DATABASE_URI; or, if the files' database is gone for good, move that folder away"
                )
    if store.claim(database) != database:
        raise SettingsError(
            f"{store.owner_file} names another database than {_name_of_database()}. Correct "
            "WIZARD_SQLALCHEMY_DATABASE_URI; or, after a deliberate move of these files to this database, delete that "
            f"file; or, if the files' database is gone for good, move {store.owner_file.parent} away"
        )


def _name_of_database() -> str:
    return f"the database {db.engine.url.render_as_string(hide_password=True)}"


def known_keys(connection: Connection, keys: Sequence[str], since: datetime | None = None) -> set[str]:
    """Which of some keys of the storage belong to a ticket or to a pending upload: one that came after ``since``."""
    # One statement, one moment: an upload that a ticket takes over meanwhile is in one of the tables (READ COMMITTED).
    is_recent = PendingUpload.created_at >= since if since else true()
    pending = select(PendingUpload.storage_key).where(PendingUpload.storage_key.in_(keys), is_recent)
    has_no_key = PendingUpload.storage_key.is_(None)
    former = select(PendingUpload.id).where(PendingUpload.id.in_(keys), has_no_key, is_recent)
    attached = select(TicketAttachment.storage_key).where(TicketAttachment.storage_key.in_(keys))
    return set(connection.execute(union_all(attached, pending, former)).scalars())


def may_delete_files(container: Container) -> bool:
    """Whether files may be deleted: they are this database's, and nobody holds the sweep.

    The start has looked already. This is for what comes later: another folder is mounted, the mark is deleted.
    """
    store = container.store
    with reading() as connection:
        installation = connection.execute(select(Installation.uuid, Installation.sweep_held)).one()
    owner = store.owner()
    if installation.sweep_held:
        log.warning("no file is deleted: the sweep is held since a restore; go on with: flask outbox release")
    elif owner is None and any(store.all_keys()):
        log.error("no file is deleted: %s is missing; the next start looks whose files they are", store.owner_file)
    elif owner not in (None, installation.uuid):
        log.error("no file is deleted: %s names another database", store.owner_file)
    else:
        return True
    return False
