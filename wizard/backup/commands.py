"""Commands: ``flask backup``, ``flask restore`` and ``flask outbox release``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from wizard.backup.release import Held, read_held, release
from wizard.db.migrate import require_newest_version
from wizard.outbox.held import count_held
from wizard.outbox.held_commands import release_held

MOST_NUMBERS = 20
"""Tickets that a line names."""


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@with_appcontext
def backup_command(folder: Path) -> None:
    """Copy database, files and secret key into FOLDER, which is empty or new. The service may run meanwhile."""
    from wizard.backup.create import create_backup

    backup = create_backup(_app().extensions["zayavka"], folder)
    counts = backup.manifest.counts
    click.echo(
        f"{folder}: {counts['tickets']} tickets up to number {backup.manifest.last_number}, {counts['files']} files. "
        "It holds the secret key and clients' words: keep it as safe as the service itself."
    )
    if backup.missing:
        click.echo(
            f"The storage has lost {len(backup.missing)} files of tickets; the backup lacks them too. "
            f"The first: {min(backup.missing)}",
            err=True,
        )


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--last-number",
    default=0,
    type=click.IntRange(0),
    help="The highest number known to be given.",
)
@with_appcontext
def restore_command(folder: Path, last_number: int) -> None:
    """Restore a backup from FOLDER into an installation without tickets and files. The service must be stopped."""
    from wizard.backup.restore import restore_backup

    restored = restore_backup(_app(), folder, last_number)
    counts = restored.manifest.counts
    click.echo(
        f"Restored as of {restored.manifest.created_at}: {counts['tickets']} tickets, {counts['files']} files. "
        f"The next number is {restored.next_number}."
    )
    if restored.erased:
        click.echo(f"{restored.erased} of these tickets had been erased since, and were erased again.")
    if restored.key_differs:
        click.echo(
            f"WIZARD_SECRET_KEY is not the backup's: forms and uploads that are open now will not be taken. "
            f"To take them, add the key in {folder / 'secret_key'} to WIZARD_SECRET_KEY_FALLBACKS."
        )
    click.echo("Nothing is sent and no file is deleted until: flask --app app outbox release")


@click.command("release")
@click.argument("names", nargs=-1, metavar="[NUMBER]...")
@click.option("--all", "is_all", is_flag=True, help="What is held of every ticket.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def release_command(names: tuple[str, ...], is_all: bool, yes: bool) -> None:
    """Let go what is held of the tickets with these NUMBERs (see outbox held), or what a restore holds back.

    Without NUMBERs and --all: say what a restore holds back and what may go out twice, and let that go.
    """
    require_newest_version()
    held = read_held()
    if names or is_all:
        release_held(names)
        if held.outbox:
            click.echo("They wait for what a restore holds back: flask --app app outbox release")
        return
    if not (held.outbox or held.sweep):
        click.echo("Nothing is held back.")
        if letters := count_held():
            click.echo(f"{letters} letters of tickets are held: flask --app app outbox held")
        return
    for line in _lines(held):
        click.echo(line)
    if not yes:
        click.confirm("Release?", abort=True)
    release()
    click.echo("Released.")


def _lines(held: Held) -> Iterator[str]:
    if held.outbox:
        if held.uncertain:
            yield "Unsent in the backup. What has gone out since it was made goes out twice:"
            for kind, numbers in held.uncertain.items():
                yield f"  {kind:<18}{len(numbers):>6}  {_named(numbers)}"
        else:
            yield "Nothing was unsent in the backup: no letter goes out twice."
        yield f"Deliveries that came since and only wait: {held.waiting}."
    if held.sweep:
        yield "Files of which this database knows nothing will be deleted once they are older than a day."


def _named(numbers: Sequence[int]) -> str:
    distinct = list(dict.fromkeys(numbers))
    more = f" and {len(distinct) - MOST_NUMBERS} more" if len(distinct) > MOST_NUMBERS else ""
    return f"ticket {', '.join(map(str, distinct[:MOST_NUMBERS]))}{more}"


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app
