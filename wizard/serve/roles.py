"""What the processes of a service do: answer requests, send what is due, take letters of the local mailbox, learn."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from wizard.container import Container
from wizard.mailbox.server import LocalMailbox
from wizard.serve.signals import run_until_stopped

WEB_PATIENCE = 8.0
"""Seconds in which a web process may end the requests that it is at; a client that sends half a body ends it never."""

FORMER_PATIENCE = 60.0
"""The same where others have taken over already: nobody waits for its end, and slow clients may finish."""


@dataclass(frozen=True)
class Role:
    """What one process does, and how it is to be treated."""

    name: str
    patience: float
    """Seconds from being asked to stop to being killed."""
    run: Callable[[Flask], None]
    """Its work, with the app that is current when the process is started."""
    descriptors: tuple[int, ...] = ()
    """Of what the supervisor has open, what this process needs."""
    is_lasting: bool = True
    """It is started again when it ends."""
    reads_catalog: bool = True
    """It is replaced when catalog and sites are read anew."""


def work_outbox(app: Flask) -> None:
    """Send what is due until SIGTERM; then finish what is under way."""
    # Imported here: only this process composes letters.
    from wizard.outbox import worker
    from wizard.privacy.sweep import sweep

    run_until_stopped(lambda stop: worker.run(app, stop, sweep))


def keep_mailbox(_app: Flask, mailbox: LocalMailbox) -> None:
    """Take letters until SIGTERM."""

    def take(stop: threading.Event) -> None:
        mailbox.start()
        stop.wait()
        mailbox.stop()

    run_until_stopped(take)


def learn(app: Flask) -> None:
    """Learn from the catalog's examples before a client asks. Neither this nor its memory stays with the service."""
    from wizard.triage.suggest.ranker import Ranker

    # Pages go first: nobody waits for this, and a web process that cannot wait learns for itself.
    os.nice(10)
    container: Container = app.extensions["zayavka"]
    Ranker(container.catalog, container.settings.model_folder)


def answer_requests(app: Flask, listener: socket.socket) -> None:
    """Answer requests until SIGTERM; then finish those under way."""
    from wizard.serve.web import serve_requests

    serve_requests(app, listener)
