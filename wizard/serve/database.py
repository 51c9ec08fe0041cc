"""What is seen to before anything is accepted or sent: the database's tables, files, key, numbers and tombstones."""

from __future__ import annotations

import click
from flask import Flask

from wizard.backup.unfinished import refuse_unfinished_restore
from wizard.container import Container
from wizard.db.engine import db
from wizard.db.migrate import migrate_to_newest
from wizard.intake.erasure import follow_tombstones, has_lost_tombstones
from wizard.intake.numbers import check_numbers
from wizard.intake.ownership import claim_files
from wizard.intake.secret_key import check_secret_key


def prepare_database(app: Flask) -> None:
    """Bring the tables to this version, see that files, key and numbers are this database's, and that what was erased
    stays so; leave no connection open.

    Raises:
        click.ClickException: the service must not start like this; one line says what to do.
    """
    container: Container = app.extensions["zayavka"]
    refuse_unfinished_restore(container)
    migrate_to_newest(app)
    claim_files(app)
    with app.app_context():
        check_secret_key(container)
        if lost := check_numbers(container):
            click.echo(lost, err=True)
        # Asked first: whoever follows the file makes an empty one.
        if has_lost_tombstones(container):
            click.echo(
                f"{container.tombstones.path}: what it said of erased tickets is lost: a restore may bring them back. "
                "Put it back from a backup, or delete the backups that are older than the erasures.",
                err=True,
            )
        if numbers := follow_tombstones(container).numbers:
            click.echo(
                f"{len(numbers)} tickets that had been erased came back with an older copy of the database, "
                "and were erased again.",
                err=True,
            )
        db.engine.dispose()
