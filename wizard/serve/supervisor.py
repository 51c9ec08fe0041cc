"""Everything of one machine, started together: database, local mailbox, outbox worker, web server.

On SIGTERM the web server answers what it is at and stops first. The worker then takes nothing new and has as long as
one letter or webhook may take to finish what is under way. The local mailbox stops last: it can still take that letter.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from wizard.backup.unfinished import refuse_unfinished_restore
from wizard.config.instance import local_url
from wizard.container import Container
from wizard.db.migrate import migrate_to_newest
from wizard.intake.numbers import check_numbers
from wizard.mailbox.server import LocalMailbox, MailboxError
from wizard.serve.pretrain import Pretraining

THREADS = 8
"""Requests that a web process works on at a time; a slow sender holds one of them."""


def serve(app: Flask, host: str, port: int, processes: int) -> None:
    """Run until stopped by SIGTERM or SIGINT; then let the letter under way finish.

    Raises:
        click.ClickException: a port is in use or a folder cannot be written; the text says what to change.
    """
    container: Container = app.extensions["zayavka"]
    _check_port_is_free(host, port)
    refuse_unfinished_restore(container)
    migrate_to_newest(app)
    with app.app_context():
        if lost := check_numbers(container):
            click.echo(lost, err=True)
    with ExitStack() as stack:
        if container.settings.uses_local_mailbox:
            stack.callback(_start_mailbox(container))
        if container.settings.outbox_embedded:
            longest = max(container.settings.mail_deadline, container.settings.webhook_longest)
            stack.callback(_start_worker(app, longest + 5))
        # Less memory for a process of several threads (mallopt(3)); read at the start of the web processes.
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        # A forked process would inherit SQLite's open files and its idea of who holds which lock (threats R08).
        multiprocessing.set_start_method("spawn", force=True)
        server = Granian(
            "app:create_web_app",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            loop=Loops.asyncio,
            workers=processes,
            blocking_threads=THREADS,
            backpressure=256,
            websockets=False,
            log_enabled=True,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
        )
        pretraining = Pretraining(container)
        stack.callback(pretraining.stop)
        threading.Thread(target=_when_ready, args=(container, host, port, pretraining), daemon=True).start()
        server.serve()


def _start_mailbox(container: Container) -> Callable[[], None]:
    mailbox = LocalMailbox(container.settings.instance_path / "mailbox", port=container.settings.mailbox_smtp_port)
    try:
        mailbox.start()
    except MailboxError as error:
        raise click.ClickException(str(error)) from None
    return mailbox.stop


def _start_worker(app: Flask, patience: float) -> Callable[[], None]:
    """Run a worker in a thread. Returns what stops it, giving what is under way ``patience`` seconds to finish."""
    stop = threading.Event()

    def work() -> None:
        # Imported here: composing letters takes a while to load, and the web process starts meanwhile.
        from wizard.intake import retention
        from wizard.outbox import worker

        worker.run(app, stop, retention.sweep)

    thread = threading.Thread(target=work, name="outbox", daemon=True)
    thread.start()

    def finish() -> None:
        stop.set()
        thread.join(patience)

    return finish


def _check_port_is_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on {host}:{port} ({error.strerror}). Choose another with HOST and PORT"
            ) from None


def _when_ready(container: Container, host: str, port: int, pretraining: Pretraining) -> None:
    """Print the addresses once the first page can be had; what may take longer begins then."""
    here = local_url(host, port)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{here}/healthz", timeout=2).close()
            break
        except OSError:
            time.sleep(0.05)
    click.echo(f"Form:     {container.settings.base_url}/")
    if container.settings.uses_local_mailbox:
        click.echo(f"Mailbox:  {here}/mailbox/")
    click.echo("Ctrl-C stops everything.")
    pretraining.start()
