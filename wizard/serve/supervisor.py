"""The supervisor: one process without threads that loads the app once, forks all others, and watches them.

Web processes, outbox worker, local mailbox and learning are processes of their own: whatever ends one of them leaves
the rest at work, and it is started again. docs/decisions/0011-processes.md says why they are forked.

SIGTERM or SIGINT: everything stops; a second one stops it at once. SIGHUP: catalog, sites and consent are read
again, and then all processes change over; with a fault in them the old ones stay at work.
"""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from urllib.request import ProxyHandler, build_opener

import click
from flask import Flask

from wizard.config.instance import local_url
from wizard.config.logs import configure_logging, place_of
from wizard.container import Container
from wizard.mailbox.server import LocalMailbox, MailboxError
from wizard.serve import roles
from wizard.serve.child import Child, fork, limit_memory_arenas, wait_for_end
from wizard.serve.children import Children
from wizard.serve.database import prepare_database
from wizard.serve.instance_lock import instance_lock
from wizard.serve.listeners import open_listeners
from wizard.serve.roles import Role
from wizard.serve.signals import Signals, lost_terminal
from wizard.triage.suggest.model_store import is_intact
from wizard.triage.suggest.ranker import Ranker, model_path

log = logging.getLogger(__name__)

HANDOVER = 2.0
"""Seconds that new processes have to show that they live, before those that they replace are stopped."""

Load = Callable[[], Flask]
"""Makes the app from settings, catalog and sites as they are now."""


def serve(app: Flask, load: Load, host: str, port: int, processes: int) -> None:
    """Run until stopped by SIGTERM or SIGINT; then let the letter under way finish.

    Args:
        app: the app to begin with.
        load: makes the next one, at SIGHUP.
        host: where to listen.
        port: the port there.
        processes: how many web processes there are.

    Raises:
        click.ClickException: a setting, a port or a folder cannot be used; the text says what to change.
    """
    limit_memory_arenas()
    configure_logging()
    container = _container(app)
    with instance_lock(container.settings.instance_path) as lock:
        listeners = open_listeners(host, port, processes)
        mailbox = _listening_mailbox(container)
        _Supervisor(load, app, listeners, mailbox, lock).run(local_url(host, port))


def _container(app: Flask) -> Container:
    container: Container = app.extensions["zayavka"]
    return container


def _listening_mailbox(container: Container) -> LocalMailbox | None:
    """The local mailbox, its port open; None with a mail server."""
    settings = container.settings
    if not settings.uses_local_mailbox:
        return None
    mailbox = LocalMailbox(settings.instance_path / "mailbox", port=settings.mailbox_smtp_port)
    try:
        mailbox.listen()
    except MailboxError as error:
        raise click.ClickException(str(error)) from None
    return mailbox


class _Supervisor:
    """What the service consists of, and what its signals mean."""

    def __init__(
        self, load: Load, app: Flask, listeners: list[socket.socket], mailbox: LocalMailbox | None, lock: int
    ) -> None:
        self._load = load
        self._app = app
        self._listeners = listeners
        self._mailbox = mailbox
        self._lock = lock
        self._signals = Signals()
        self._children = Children(self._fork)
        self._retire_at: float | None = None
        self._is_stopping = False
        self._url: str | None = None
        self._had_terminal = sys.stdin is not None and sys.stdin.isatty()

    def run(self, url: str) -> None:
        """Start everything, say where it is, and watch it until it has stopped."""
        self._settle()
        # In a process of its own: what it loads and opens is not there for those that are forked later.
        wait_for_end(self._fork(Role("start", 5, prepare_database, is_lasting=False)), self._signals)
        self._url = url
        for role in self._lasting_roles():
            self._children.start(role)
        while self._children or not self._is_stopping:
            for number in self._signals.wait(self._seconds_to_next()):
                self._handle(number)
            self._children.reap()
            self._children.do_what_is_due()
            self._go_on()
        self._signals.ignore()

    def _seconds_to_next(self) -> float:
        """How long nothing is to be done but to wait for signals."""
        seconds = self._children.seconds_to_next()
        if self._retire_at:
            seconds = min(seconds, self._retire_at - time.monotonic())
        return min(seconds, 0.05) if self._url else seconds

    def _go_on(self) -> None:
        if self._is_stopping:
            # The local mailbox goes last: it can still take the letter that the worker is at.
            if len(self._children.of("mailbox")) == len(self._children.of()):
                self._children.stop(self._children.of())
        elif self._retire_at and self._retire_at <= time.monotonic():
            self._retire()
        elif self._url:
            self._announce(self._url)

    def _settle(self) -> None:
        """Make this process fit to be forked: no threads, no connections, nothing for the collector to walk over."""
        Ranker.folder = _container(self._app).settings.model_folder
        for thread in threading.enumerate():
            # The counter of rate limits has had a moment of its own.
            if thread is not threading.current_thread():
                thread.join(5)
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _lasting_roles(self) -> list[Role]:
        settings = _container(self._app).settings
        lasting = [self._web_role(number, listener) for number, listener in enumerate(self._listeners, 1)]
        if settings.outbox_embedded:
            # As long as one letter or webhook may take, and a moment to write down what became of it.
            patience = max(settings.mail_deadline, settings.webhook_longest) + 5
            lasting.append(Role("outbox", patience, roles.work_outbox))
        if self._mailbox:
            work = partial(roles.keep_mailbox, mailbox=self._mailbox)
            lasting.append(Role("mailbox", 5, work, tuple(self._mailbox.descriptors), reads_catalog=False))
        return lasting

    def _web_role(self, number: int, listener: socket.socket) -> Role:
        work = partial(roles.answer_requests, listener=listener)
        return Role(f"web {number}", roles.WEB_PATIENCE, work, (listener.fileno(),))

    def _fork(self, role: Role) -> Child:
        descriptors = {self._lock, *(listener.fileno() for listener in self._listeners)}
        if self._mailbox:
            descriptors.update(self._mailbox.descriptors)
        return fork(role, self._app, self._signals, descriptors.difference(role.descriptors))

    def _announce(self, url: str) -> None:
        """Print the addresses once the first page can be had; what may take longer begins then."""
        with suppress(OSError):
            # Not by way of a proxy that the environment names: this is our own address.
            build_opener(ProxyHandler({})).open(f"{url}/healthz", timeout=1).close()
            self._url = None
            click.echo(f"Form:     {_container(self._app).settings.base_url}/")
            if self._mailbox:
                click.echo(f"Mailbox:  {url}/mailbox/")
            click.echo("Ctrl-C stops everything.")
            self._learn()

    def _learn(self) -> None:
        container = _container(self._app)
        if not is_intact(model_path(container.catalog, container.settings.model_folder)):
            self._children.start(Role("learning", 1, roles.learn, is_lasting=False))

    def _handle(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and not lost_terminal(self._had_terminal):
            self._change_over()
        elif number != signal.SIGCHLD:
            self._stop()

    def _stop(self) -> None:
        """Stop everything; asked once more, at once."""
        if self._is_stopping:
            self._children.kill()
        self._is_stopping = True
        self._children.start_no_more()
        self._children.stop(child for child in self._children.of() if child.role.name != "mailbox")

    def _change_over(self) -> None:
        """Read catalog and sites again, and let new processes take the place of those that know the old ones."""
        if self._is_stopping:
            return
        try:
            self._app = self._load()
        except click.ClickException as error:
            log.error("nothing was changed: %s", error.format_message())
            return
        except Exception as fault:
            log.error("nothing was changed: %s", place_of(fault))
            return
        self._settle()
        for child in self._children.of():
            child.is_former = child.role.reads_catalog
        self._children.start_no_more(lambda role: role.reads_catalog)
        for role in self._lasting_roles():
            if role.reads_catalog:
                self._children.start(role)
        self._learn()
        self._retire_at = time.monotonic() + HANDOVER
        log.info("catalog and sites were read again")

    def _retire(self) -> None:
        """Stop the processes of before, once those that take their place have lived for a while."""
        former = [child for child in self._children.of() if child.is_former]
        present = {child.role.name for child in self._children.of() if not child.is_former}
        if present >= {child.role.name for child in former if child.role.is_lasting}:
            self._retire_at = None
            self._children.stop(former, roles.FORMER_PATIENCE)
        else:
            self._retire_at = time.monotonic() + HANDOVER
