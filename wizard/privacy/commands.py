"""Commands: ``flask privacy erase`` and ``flask privacy export``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup

from wizard.container import Container
from wizard.db.migrate import require_newest_version
from wizard.values.email import bare_address

if TYPE_CHECKING:
    from wizard.intake.personal_data import Holdings

MOST_NUMBERS = 20
"""Tickets that a line names."""

LOG_TRIES = 10
"""How often the command tries to empty SQLite's log while others read: a few seconds."""

privacy_commands = AppGroup("privacy", help="Erase or export the personal data of one person.")


@privacy_commands.command("erase")
@click.argument("whom", metavar="ADDRESS|NUMBER")
@click.option("--mentions", is_flag=True, help="Also tickets of others in whose words the address stands.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_command(whom: str, mentions: bool, yes: bool) -> None:
    """Erase all tickets of an e-mail ADDRESS, or the ticket with a NUMBER, for good. The service may run meanwhile.

    Words, files, addresses, deliveries and letters in the local mailbox go; number, category, times and counts stay.
    What was mailed to the desk's own server is out of reach.
    """
    require_newest_version()
    if "@" in whom:
        address, numbers = _address(whom), _of_address(whom, mentions=mentions)
    else:
        address, numbers = None, [_number(whom)]
    if not numbers and address:
        click.echo(f"No ticket here is of {address}. A backup may hold some: what is restored will be erased too.")
    elif numbers:
        click.echo(_what(numbers))
    if not yes:
        click.confirm("This cannot be undone. Erase?", abort=True)
    click.echo(_erase(_container(), numbers, address, mentions=mentions))


@privacy_commands.command("export")
@click.argument("address")
@click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path),
    help="A new folder, or a new file that ends with .zip; personal-data-DATE.zip when not given.",
)
def export_command(address: str, path: Path | None) -> None:
    """Write all that is held of the tickets of an e-mail ADDRESS, as JSON and files."""
    from wizard.intake.personal_data import find_address
    from wizard.privacy.export import export_address, opened

    require_newest_version()
    address, now = _address(address), datetime.now(UTC)
    holdings = find_address(address)
    _say_mentions(holdings, "Not exported, for they are others' tickets")
    if not holdings.own:
        raise click.ClickException(f"no ticket is of {address}")
    path = path or Path(f"personal-data-{now:%Y-%m-%d}.zip")
    with opened(path) as target:
        export = export_address(_container(), address, holdings.own, target, now)
    click.echo(f"{path}: {export.tickets} tickets, {export.files} files. It holds personal data: pass it on safely.")
    if export.lost:
        click.echo(f"The storage has lost {export.lost} of their files.", err=True)


def _erase(container: Container, numbers: Sequence[int], address: str | None, *, mentions: bool) -> str:
    """Erase, and say what was done."""
    from sqlalchemy import select

    from wizard.db.engine import reading
    from wizard.db.models import Ticket
    from wizard.intake.erased_files import delete_erased_files
    from wizard.intake.erasure import BATCH, Erased, erase
    from wizard.privacy.local_letters import LocalLetters

    now, erased = datetime.now(UTC), Erased()
    for start in range(0, max(1, len(numbers)), BATCH):
        batch = numbers[start : start + BATCH]
        is_last = start + BATCH >= len(numbers)
        with reading() as connection:
            rows = connection.execute(select(Ticket.number, Ticket.token).where(Ticket.number.in_(batch))).all()
        try:
            erased.add(erase(container, rows, now, address if is_last else None))
        except OSError as fault:
            raise click.ClickException(f"{container.tombstones.path}: {fault.strerror}: run it again") from None
    are_files_gone = delete_erased_files(container)
    letters = LocalLetters(container)
    count = letters.delete_of_erased_tickets()
    if address:
        count += letters.delete_mentioning(address) if mentions else letters.delete_to_and_from(address)
    _scrub()
    files = f"{erased.files} files"
    if not are_files_gone:
        files += " (their bytes go when no backup is being made and the sweep is not held)"
    return (
        f"Erased: {len(erased.numbers)} tickets, {files}, {erased.follow_ups} follow-ups, {erased.deliveries} "
        f"deliveries, {count} letters of the local mailbox."
    )


def _scrub() -> None:
    """Leave nothing in SQLite's file of what was deleted."""
    from wizard.db import scrub

    try:
        if scrub.needs_rewriting():
            click.echo("Writing the database's file anew, once: former versions left in it what they deleted …")
            scrub.rewrite()
    except sqlite3.Error as fault:
        click.echo(f"The database's file was not written anew ({fault}): run the command again.", err=True)
    if not scrub.empty_log(LOG_TRIES):
        click.echo(
            "SQLite's log could not be emptied, somebody reads for long; the worker does it in an hour.", err=True
        )


def _of_address(address: str, *, mentions: bool) -> list[int]:
    from wizard.intake.personal_data import find_address

    holdings = find_address(address)
    if mentions:
        return sorted({*holdings.own, *holdings.mentioned})
    _say_mentions(holdings, "Not erased without --mentions, for they are others' tickets")
    return list(holdings.own)


def _say_mentions(holdings: Holdings, why: str) -> None:
    if holdings.mentioned:
        click.echo(f"{why}: the address stands in the words of {_named(holdings.mentioned)}.")


def _number(written: str) -> int:
    from wizard.intake.personal_data import find_number

    ticket = find_number(written)
    if ticket is None:
        raise click.ClickException(f"there is no ticket {written}")
    if ticket.erased_at is not None:
        raise click.ClickException(f"ticket {ticket.number} was erased on {ticket.erased_at:%Y-%m-%d}")
    return int(ticket.number)


def _what(numbers: Sequence[int]) -> str:
    from wizard.intake.erasure import count_of

    files, follow_ups = count_of(numbers)
    return f"To be erased: {_named(numbers)}, with {files} files and {follow_ups} follow-ups."


def _named(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - MOST_NUMBERS} more" if len(numbers) > MOST_NUMBERS else ""
    word = "ticket" if len(numbers) == 1 else f"{len(numbers)} tickets:"
    return f"{word} {', '.join(map(str, numbers[:MOST_NUMBERS]))}{more}"


def _address(written: str) -> str:
    address = written.strip()
    if bare_address(address) is None:
        raise click.ClickException(f"{written}: is no e-mail address")
    return address


def _container() -> Container:
    container: Container = current_app.extensions["zayavka"]
    return container
