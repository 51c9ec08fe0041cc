"""Commands: ``flask serve``, ``flask export``; the groups ``catalog``, ``triage``, ``outbox``, ``privacy``, …."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from wizard.backup.commands import backup_command, release_command, restore_command
from wizard.catalog.json_schema import json_schema
from wizard.catalog.outline import outline
from wizard.config.instance import listen_address
from wizard.container import Container, read_catalog
from wizard.db.migrate import register_migrations, require_newest_version
from wizard.outbox.commands import outbox_commands
from wizard.outbox.held_commands import delete_command, held_command
from wizard.privacy.commands import privacy_commands
from wizard.texts import translator
from wizard.values.sizes import size_text

catalog_commands = AppGroup("catalog", help="Check, show and describe catalogs.")
triage_commands = AppGroup("triage", help="Measure how well reports are read.")
files_commands = AppGroup("files", help="Look after the files that clients attach.")


def register_commands(app: Flask, load: Callable[[], Flask]) -> None:
    """Add the commands to the app. ``load`` makes an app like it from settings, catalog and sites as they are now."""
    register_migrations(app)
    app.cli.add_command(catalog_commands)
    app.cli.add_command(triage_commands)
    app.cli.add_command(outbox_commands)
    app.cli.add_command(privacy_commands)
    app.cli.add_command(_serve_command(load))
    app.cli.add_command(files_commands)
    app.cli.add_command(export_command)
    app.cli.add_command(adopt_key_command)
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command)
    for command in (release_command, held_command, delete_command):
        outbox_commands.add_command(command)


def _app() -> Flask:
    """The app itself, not the proxy of it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _container() -> Container:
    """What this installation consists of."""
    container: Container = _app().extensions["zayavka"]
    return container


def _serve_command(load: Callable[[], Flask]) -> click.Command:
    @click.command("serve")
    @click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Web processes.")
    def serve_command(processes: int) -> None:
        """Start everything of one machine: web, worker and, without a mail server, the local mailbox."""
        # Imported here and below: each command starts sooner without what only another one needs.
        from wizard.serve import supervisor

        supervisor.serve(_app(), load, *listen_address(), processes)

    return serve_command


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--api", help="Where the service answers, e.g. https://help.desk.example; WIZARD_BASE_URL when not given."
)
@click.option("--site", default="", help="The key of the site whose pages these are.")
@with_appcontext
def export_command(folder: Path, api: str | None, site: str) -> None:
    """Write the pages as static files into FOLDER, which is empty or holds an earlier export."""
    from wizard.export.writing import write_export

    origin = (api or _container().settings.base_url).rstrip("/")
    outcome = write_export(_app(), folder, origin, site)
    size = size_text(outcome.size, translator("en"))
    click.echo(
        f"{folder}: {outcome.pages} pages, {outcome.files} files, {size}, "
        f"{outcome.removed} files of before removed. Forms go to {origin}."
    )


@click.command("adopt-key")
@with_appcontext
def adopt_key_command() -> None:
    """Make this installation's secret key the one of the database, after the former one was lost."""
    from wizard.intake.secret_key import adopt_secret_key

    require_newest_version()
    adopt_secret_key(_container().settings.secret_key)
    click.echo("The database knows this key now. Forms and files of before, and processes with another key, are void.")


@catalog_commands.command("check")
@click.argument("file", required=False)
def check_catalog(file: str | None) -> None:
    """Read a catalog (the configured one when no FILE is given) and report every fault."""
    name = file or _container().settings.catalog
    catalog = read_catalog(name)
    click.echo(
        f"{name}: no faults. {len(catalog.categories)} categories, {len(catalog.situations)} situations, "
        f"{len(catalog.questions)} questions, languages: {', '.join(catalog.languages)}"
    )


@catalog_commands.command("show")
@click.argument("file", required=False)
@click.option("--language", help="One of the catalog's languages; its first one when not given.")
def show_catalog(file: str | None, language: str | None) -> None:
    """Print a readable outline of a catalog."""
    catalog = read_catalog(file) if file else _container().catalog
    if language not in (None, *catalog.languages):
        raise click.ClickException(f"--language: {language!r} is not one of {', '.join(catalog.languages)}")
    click.echo(outline(catalog, language or catalog.default_language))


@catalog_commands.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of catalogs, for editors."""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


@triage_commands.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--worst", default=0, help="Add this many of the reports that were read worst.")
@click.option("--folds", default=1, show_default=True, type=click.IntRange(1, 20), help="Parts of a cross-validation.")
def score_triage(file: Path, worst: int, folds: int) -> None:
    """Read the labelled reports of FILE (a JSON object a line) and print one JSON object of figures.

    Reports that are among the catalog's own examples are left out of what is learned: all at once, or part by part.
    """
    from wizard.triage.score import UnreadableReports, read_reports, score

    try:
        figures = score(_container().catalog, read_reports(file), worst=worst, folds=folds)
    except UnreadableReports as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(figures, ensure_ascii=False, indent=2))


@triage_commands.command("learn")
def learn_examples() -> None:
    """Learn from the catalog's examples now, and keep it in the instance folder for all web processes.

    ``flask serve`` does this by itself. Does nothing when what these examples teach is there.
    """
    from wizard.triage.suggest.ranker import Ranker

    folder = _container().settings.model_folder
    Ranker(_container().catalog, folder)
    click.echo(f"{folder}: what the examples of {_container().catalog.id} teach is there.")


@outbox_commands.command("run")
@click.option("--until-idle", is_flag=True, help="Stop when nothing is due.")
def run_outbox(until_idle: bool) -> None:
    """Deliver what is due, until stopped."""
    from wizard.outbox import worker
    from wizard.privacy.sweep import sweep
    from wizard.serve.database import prepare_database
    from wizard.serve.signals import run_until_stopped

    app = _app()
    prepare_database(app)
    run_until_stopped(lambda stop: worker.run(app, stop, sweep, until_idle=until_idle))


@files_commands.command("unknown")
@click.option("--delete", is_flag=True, help="Delete them.")
def unknown_files(delete: bool) -> None:
    """List the files of which this database knows nothing, though they are older than a day."""
    from wizard.intake import ownership, retention

    require_newest_version()
    container = _container()
    age = retention.upload_age(container)
    old = datetime.now(UTC) - age
    keys = retention.find_unused(container.store.keys_older_than(age), old).unknown
    for key in keys:
        click.echo(container.store.path(key))
    if not delete:
        click.echo(f"{len(keys)} files.")
        return
    with container.sweep_lock.deleting() as is_free:
        if not is_free:
            raise click.ClickException("nothing was deleted: a backup is being made. Try again when it is done")
        if not ownership.may_delete_files(container):
            raise click.ClickException("nothing was deleted: the line above says why")
        click.echo(f"{retention.delete_unused(container, keys, old)} files deleted.")
