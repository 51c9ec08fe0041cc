"""The worker: a process that sends what is due. Starts its lanes, says that it lives, frees what dead workers held."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from wizard.config.logs import place_of
from wizard.container import Container
from wizard.outbox import crashes, heartbeat, worker_lock
from wizard.outbox.clock import Clock
from wizard.outbox.email_delivery import EmailTransport, server_of
from wizard.outbox.lanes import Lane
from wizard.outbox.leases import Leases
from wizard.outbox.server_backoff import ServerBackoff
from wizard.outbox.webhook_delivery import WebhookTransport

log = logging.getLogger(__name__)

MAX_WEBHOOK_THREADS = 4
"""Webhooks that are on their way at a time; to one endpoint there is one."""

ACKNOWLEDGEMENTS = 5
"""How many acknowledgements a lane claims at a time; one where the desk's letters need the same connection."""

HOUR, SOON = 3600.0, 60.0
"""Seconds to the next hourly work: after it was done, and after it failed, was not to be done, or not to its end."""

Hourly = Callable[[Container, datetime], bool | None]
"""What else the process that sends letters is to do, every hour and at its start. True says that there is more of it,
which is done a minute later."""


def run(
    app: Flask,
    stop: threading.Event,
    hourly: Hourly | None = None,
    *,
    until_idle: bool = False,
    clock: Clock | None = None,
) -> None:
    """Work until ``stop`` is set, or until nothing is due. A lost database is waited for, not died of.

    Letters to the desk, acknowledgements, webhooks and the hourly work have threads of their own: none waits for
    another (threats R11, L10).

    Raises:
        LaneDied: a thread ended by itself; whoever started the process starts another one.
    """
    worker = _Worker(app, stop, clock or Clock())
    with app.app_context():
        try:
            worker.maintain()
            if until_idle:
                worker.send_until_idle(hourly)
            else:
                worker.send_until_stopped(hourly)
        except BaseException:
            worker.abandon()
            raise
        worker.end()


class LaneDied(RuntimeError):
    """A thread of the worker ended though nobody had stopped it."""


class _Worker:
    """One worker process: its name, its lock, its lanes."""

    def __init__(self, app: Flask, stop: threading.Event, clock: Clock) -> None:
        self._app, self._stop, self._clock = app, stop, clock
        self._container: Container = app.extensions["zayavka"]
        self._leases = Leases(self._container.settings)
        self._backoff = ServerBackoff(server_of(self._container))
        self._folder = self._container.settings.instance_path / worker_lock.FOLDER
        self._lock = _lock(self._folder, self._leases.name)
        self._is_clock_compared = False
        self._started_at: datetime | None = None

    def send_until_idle(self, hourly: Hourly | None) -> None:
        """Send what is due, one after another."""
        self._mail_lane("letters", ACKNOWLEDGEMENTS).work_until_idle()
        if hourly:
            self._do_hourly(hourly)
        self._lane("webhooks", partial(WebhookTransport, self._container)).work_until_idle()

    def send_until_stopped(self, hourly: Hourly | None) -> None:
        """Start the lanes and watch them."""
        lanes = [*self._mail_lanes(), *self._webhook_lanes()]
        idle = self._container.settings.outbox_idle
        threads = [threading.Thread(target=lane.work, args=(self._stop, idle), name=lane.name) for lane in lanes]
        if hourly:
            threads.append(threading.Thread(target=self._work_hourly, args=(hourly,), name="hourly"))
        for thread in threads:
            thread.start()
        try:
            self._watch(lanes[0], threads)
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def maintain(self) -> None:
        """Compare the clock, and free what dead workers held."""
        for step in (self._compare_clock, self._free_leases):
            try:
                step()
            except (SQLAlchemyError, OSError) as fault:
                log.error("outbox: trying again in a moment: %s", place_of(fault))

    def end(self) -> None:
        """Leave no trace, unless a lease could not be ended: then the next worker does so at once."""
        try:
            if self._started_at is not None:
                heartbeat.end(self._leases.name)
            may_hold = self._leases.has_any()
        except SQLAlchemyError:
            may_hold = True
        if may_hold:
            self.abandon()
        elif self._lock is not None:
            self._lock.release()

    def abandon(self) -> None:
        """Something may be held: whoever finds the lock file frees it, as after a crash."""
        if self._lock is not None:
            self._lock.forget()

    def _watch(self, desk_lane: Lane, threads: list[threading.Thread]) -> None:
        self._started_at = self._clock.now()
        while not self._stop.is_set():
            if dead := [thread.name for thread in threads if not thread.is_alive()]:
                raise LaneDied(", ".join(dead))
            # A heartbeat says that letters to the desk go out, not that some thread still runs.
            if desk_lane.is_stuck():
                log.error("outbox: the lane of letters to the desk is stuck")
            else:
                with suppress(SQLAlchemyError):
                    heartbeat.beat(self._leases.name, self._started_at, self._clock.now())
            if not self._stop.wait(heartbeat.INTERVAL):
                self.maintain()

    def _compare_clock(self) -> None:
        if not self._is_clock_compared:
            self._clock.confirm(heartbeat.newest_date(self._clock.now()))
            self._is_clock_compared = True
        if self._clock.is_trusted:
            heartbeat.clamp_future_dates(self._clock.now())

    def _free_leases(self) -> None:
        crashes.free_leases_of_dead_workers(self._container, self._folder, self._clock.now())
        # By a clock that is ahead, everything seems to have ended that is under way.
        if self._clock.is_trusted:
            crashes.free_ended_leases(self._container, self._clock.now())

    def _mail_lanes(self) -> list[Lane]:
        """The first one serves the desk: alone, or before all acknowledgements where there is one connection only."""
        connections = self._container.settings.mail_connections
        if connections == 1:
            return [self._mail_lane("letters", acknowledgements=1)]
        others = [self._mail_lane(f"letters {n}", ACKNOWLEDGEMENTS) for n in range(1, connections)]
        return [self._mail_lane("desk", acknowledgements=0), *others]

    def _mail_lane(self, name: str, acknowledgements: int) -> Lane:
        return self._lane(name, partial(EmailTransport, self._container, self._backoff, name, acknowledgements))

    def _webhook_lanes(self) -> list[Lane]:
        """As many as endpoints, up to a limit. One at least: what waits may be for a former webhook."""
        endpoints = sum(site.webhook is not None for site in self._container.sites.values())
        count = max(1, min(endpoints, MAX_WEBHOOK_THREADS))
        return [self._lane(f"webhooks {n}", partial(WebhookTransport, self._container)) for n in range(1, count + 1)]

    def _lane(self, name: str, new_transport: Callable[[], EmailTransport | WebhookTransport]) -> Lane:
        return Lane(name, self._app, self._leases, self._clock, self._stop.is_set, new_transport)

    def _work_hourly(self, hourly: Hourly) -> None:
        with self._app.app_context():
            while not self._stop.is_set():
                self._stop.wait(HOUR if self._do_hourly(hourly) else SOON)

    def _do_hourly(self, hourly: Hourly) -> bool:
        """Do it, unless the clock forbids. Whether all of it was done."""
        try:
            if not self._clock.is_trusted:
                return False
            return not hourly(self._container, self._clock.now())
        except Exception as fault:
            log.error("hourly work: trying again in a minute: %s", place_of(fault))
            return False


def _lock(folder: Path, name: str) -> worker_lock.WorkerLock | None:
    try:
        return worker_lock.WorkerLock(folder, name)
    except OSError as fault:
        log.error("outbox: no lock in %s (%s): what this worker holds when it dies waits for its lease", folder, fault)
        return None
