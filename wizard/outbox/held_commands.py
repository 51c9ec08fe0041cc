"""Commands for held letters: ``flask outbox held`` and ``delete``; ``release`` with numbers stands in ``backup``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Row

from wizard.container import Container
from wizard.db.migrate import require_newest_version
from wizard.mail.digest import HeldLetter, reasons_in_words
from wizard.mail.sanitize import excerpt, in_a_line
from wizard.outbox import held
from wizard.outbox.digest import held_letter
from wizard.values.datetimes import iso_utc


@click.command("held")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many, oldest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
@with_appcontext
def held_command(limit: int, as_json: bool) -> None:
    """List the letters to the desk that are held, and why."""
    require_newest_version()
    container: Container = current_app.extensions["zayavka"]
    rows, count = held.read_held(limit=limit), held.count_held()
    for row in rows:
        letter = held_letter(container, row)
        click.echo(_json_line(row, letter) if as_json else _line(row, letter))
    if as_json:
        return
    if not count:
        click.echo("No letter is held.")
    elif count > len(rows):
        click.echo(f"And {count - len(rows)} more.")


@click.command("delete")
@click.argument("names", nargs=-1, required=True, metavar="NUMBER...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def delete_command(names: tuple[str, ...], yes: bool) -> None:
    """Delete what is held of the tickets with these NUMBERs. The tickets keep their numbers and are closed."""
    require_newest_version()
    numbers = chosen_numbers(names)
    if not yes:
        click.confirm(f"Delete what is held of {len(numbers)} tickets?", abort=True)
    click.echo(f"{held.delete_held(numbers, datetime.now(UTC))} held letters are deleted.")


def release_held(names: Sequence[str]) -> None:
    """Let what is held of tickets go out; of all when none is named."""
    numbers = chosen_numbers(names)
    click.echo(f"{held.release(numbers, datetime.now(UTC))} held letters go out now.")


def chosen_numbers(names: Sequence[str]) -> Sequence[int]:
    """The tickets that are named by number or receipt code; all of which something is held when none is.

    Raises:
        ClickException: nothing is held of one of them; nothing was done.
    """
    chosen = held.choose(names)
    if chosen.unknown:
        raise click.ClickException(
            f"nothing is held of {', '.join(chosen.unknown)}, so nothing was done. See: flask --app app outbox held"
        )
    return chosen.numbers


def _line(row: Row[Any], letter: HeldLetter) -> str:
    kind = "follow-up to " if letter.is_follow_up else ""
    return (
        f"{kind}{letter.name}  {letter.created_at:%Y-%m-%d %H:%M:%S} UTC  to {row.recipient}  "
        f"({reasons_in_words('en', letter.reasons)})  {in_a_line(letter.who)}  "
        f"{excerpt(letter.words)}"
    )


def _json_line(row: Row[Any], letter: HeldLetter) -> str:
    members = {
        "id": row.id,
        "ticket": row.number,
        "receipt": row.receipt,
        "follow_up": row.follow_up or None,
        "recipient": row.recipient,
        "held_for": list(letter.reasons),
        "created_at": iso_utc(letter.created_at),
        "digested_at": iso_utc(row.digested_at) if row.digested_at else None,
        "situation": row.situation,
        "who": in_a_line(letter.who),
        "words": excerpt(letter.words),
    }
    return json.dumps(members, ensure_ascii=False)
