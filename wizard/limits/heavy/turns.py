"""Turns: whose file is read next. Whoever has cost less goes first, and waits for one file of another at most."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import IO, Any

from wizard.files.content import Content

MOST = 5
"""Files that are read or wait in a web process: each holds one of its threads (``serve.gateway.THREADS``), and what is
left of those answers pages."""
HALF_LIFE = 30.0
"""Seconds after which half of what an address has cost is forgotten."""
EXPECTED = 0.2
"""Seconds that a file counts for before it is known what it costs."""

Answer = tuple[dict[str, Any], IO[bytes] | None]


class Busy(Exception):
    """Too much waits already, or it has waited too long: nothing was read."""


@dataclass(eq=False)
class Job:
    """One file that is to be read."""

    network: str
    request: Mapping[str, Any]
    content: Content
    most: int
    """Bytes of the file that may come back."""
    patience: float
    """Seconds that reading may take."""
    slots: Path
    is_given_up: Callable[[], bool]
    answer: Future[Answer] = field(default_factory=Future)


class Turns:
    """The files that wait, and what the addresses that they come from have cost lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = Condition()
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._costs: dict[str, tuple[float, float]] = {}

    def join(self, job: Job) -> None:
        """Let a file wait. Where all places are taken it gets that of an address that has cost more.

        Raises:
            Busy: there is no such address.
        """
        with self._changed:
            if len(self._waiting) + (self._running is not None) >= MOST:
                self._make_room(job.network)
            self._waiting.append(job)
            self._changed.notify()

    def withdraw(self, job: Job) -> bool:
        """Let a file wait no longer; False when it is being read, or has been."""
        with self._changed:
            is_waiting = job in self._waiting
            if is_waiting:
                self._waiting.remove(job)
            return is_waiting

    def wait(self, seconds: float) -> Job | None:
        """A file that waits, as soon as there is one; None when none comes in so many seconds."""
        with self._changed:
            return self._waiting[0] if self._changed.wait_for(lambda: bool(self._waiting), seconds) else None

    def take(self) -> Job | None:
        """The file that is next, if there still is one; then ``finish`` must follow."""
        with self._changed:
            now = self._clock()
            self._running = min(self._waiting, key=lambda job: self._cost(job.network, now), default=None)
            if self._running:
                self._waiting.remove(self._running)
            return self._running

    def finish(self, seconds: float) -> None:
        """Let the file that was taken have cost so many seconds."""
        with self._changed:
            assert self._running
            now, network = self._clock(), self._running.network
            self._costs = {name: cost for name, cost in self._costs.items() if now - cost[1] < 10 * HALF_LIFE}
            self._costs[network] = (self._cost(network, now) + seconds, now)
            self._running = None

    def _make_room(self, newcomer: str) -> None:
        now = self._clock()
        dearest = max(reversed(self._waiting), key=lambda job: self._claims(job.network, now), default=None)
        if dearest is None or self._claims(dearest.network, now) <= self._claims(newcomer, now) + EXPECTED:
            raise Busy
        self._waiting.remove(dearest)
        dearest.answer.set_exception(Busy())

    def _claims(self, network: str, now: float) -> float:
        """What an address has cost, and what its files here are expected to."""
        here = [*self._waiting, *([self._running] if self._running else [])]
        return self._cost(network, now) + EXPECTED * sum(job.network == network for job in here)

    def _cost(self, network: str, now: float) -> float:
        """Seconds, of which what is long ago counts for nothing: then the first to come is the first again."""
        seconds, since = self._costs.get(network, (0.0, 0.0))
        return round(seconds * math.exp2((since - now) / HALF_LIFE), 2)
