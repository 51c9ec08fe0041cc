"""The export of an address: everything that is held of its tickets, as JSON with their files, for the person it is."""

from __future__ import annotations

import json
import logging
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

import click
from sqlalchemy import Row, select

from wizard.config.logs import place_of
from wizard.container import Container
from wizard.db.engine import reading
from wizard.db.models import Delivery, Ticket
from wizard.intake import queries
from wizard.tickets import snapshot
from wizard.tickets.ticket_json import ticket_json
from wizard.values.datetimes import iso_utc
from wizard.values.email import canonical_mailbox

log = logging.getLogger(__name__)

DATA = "data.json"

_COLUMNS = ("number", "receipt", "site", "language", "category", "situation", "fast_track", "priority")


class Target(Protocol):
    """Where an export is written."""

    def add(self, name: str, content: IO[bytes] | bytes) -> None:
        """Add a file."""


@dataclass(frozen=True)
class Export:
    """What was exported, in counts."""

    tickets: int
    files: int
    lost: int
    """Files of which the storage has nothing any more."""


def export_address(container: Container, address: str, numbers: Sequence[int], target: Target, now: datetime) -> Export:
    """Write the tickets with these numbers, which are those of an address. Needs the app's context."""
    files = lost = 0
    tickets = []
    for number in numbers:
        ticket = queries.ticket_where(Ticket.number == number)
        if ticket is None:
            continue
        shown = []
        for row in queries.files_of(number):
            name = f"files/{number}/{row.id}-{row.name}"
            try:
                with container.store.open(row.storage_key) as content:
                    target.add(name, content)
                files += 1
            except KeyError:
                lost += 1
            shown.append(_file(row, name))
        tickets.append(_ticket(ticket, shown, address))
    data = {"address": address, "exported_at": iso_utc(now), "tickets": tickets}
    target.add(DATA, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace"))
    return Export(len(tickets), files, lost)


@contextmanager
def opened(path: Path) -> Iterator[Target]:
    """A new folder, or a new zip where the name ends with ``.zip``. Nobody but this user can read it.

    Raises:
        click.ClickException: there is something already, or it cannot be written.
    """
    former = os.umask(0o077)
    try:
        if path.suffix.lower() == ".zip":
            with (
                path.open("xb") as file,
                _removed_on_fault(path.unlink),
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            ):
                yield _Zip(archive)
        else:
            path.mkdir(parents=True, exist_ok=True)
            if next(path.iterdir(), None):
                raise click.ClickException(f"{path}: not empty. Name a new folder, or a new file that ends with .zip")
            with _removed_on_fault(lambda: shutil.rmtree(path)):
                yield _Folder(path)
    except FileExistsError:
        raise click.ClickException(f"{path}: is there already. Name a new one") from None
    except OSError as fault:
        raise click.ClickException(f"{path}: the export was not finished: {fault.strerror or fault}") from None
    finally:
        os.umask(former)


@contextmanager
def _removed_on_fault(remove: Callable[[], None]) -> Iterator[None]:
    """Leave no half of an export: it might be passed on for the whole."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            remove()
        raise


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, name: str, content: IO[bytes] | bytes) -> None:
        path = self._path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            _write(content, file)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, content: IO[bytes] | bytes) -> None:
        with self._archive.open(name, "w", force_zip64=True) as file:
            _write(content, file)


def _write(content: IO[bytes] | bytes, file: IO[bytes]) -> None:
    if isinstance(content, bytes):
        file.write(content)
    else:
        shutil.copyfileobj(content, file)


def _ticket(row: Row[Any], files: list[dict[str, Any]], address: str) -> dict[str, Any]:
    return {
        **_report(row),
        "state": row.state,
        "state_at": _moment(row.state_at),
        "desk_reference": row.desk_reference,
        "attachments": [file for file in files if file["follow_up"] == 0],
        "follow_ups": [
            {
                "position": message.position,
                "text": message.text,
                "created_at": iso_utc(message.created_at),
                "attachments": [file for file in files if file["follow_up"] == message.position],
            }
            for message in queries.follow_ups_of(row.number)
        ],
        "deliveries": [_delivery(delivery, address) for delivery in _deliveries(row.number)],
    }


def _report(row: Row[Any]) -> dict[str, Any]:
    try:
        return ticket_json(snapshot.load(row))
    except (ValueError, LookupError) as fault:
        log.error("ticket %s: its snapshot cannot be read: %s", row.number, place_of(fault))
        return {
            "note": "This version of the program cannot read the ticket's snapshot: here it is as it is stored.",
            **{name: getattr(row, name) for name in _COLUMNS},
            "created_at": iso_utc(row.created_at),
            "record": row.record,
        }


def _file(row: Row[Any], name: str) -> dict[str, Any]:
    return {
        "name": row.name,
        "type": row.type,
        "size": row.size,
        "sha256": row.sha256,
        "question": row.question,
        "follow_up": row.follow_up,
        "path": name,
    }


def _deliveries(number: int) -> Sequence[Row[Any]]:
    with reading() as connection:
        rows = select(Delivery.__table__).where(Delivery.ticket_number == number)
        return connection.execute(rows.order_by(Delivery.id)).all()


def _delivery(row: Row[Any], address: str) -> dict[str, Any]:
    """A letter or a webhook; of the recipient only what is the person's own."""
    is_own = canonical_mailbox(row.recipient) == canonical_mailbox(address)
    return {
        "kind": row.kind,
        "recipient": row.recipient if is_own else None,
        "state": row.state,
        "created_at": iso_utc(row.created_at),
        "sent_at": _moment(row.sent_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return iso_utc(moment) if moment else None
