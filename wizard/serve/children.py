"""The processes of a service: which are alive, which are to be started again, which did not stop in time."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable

from wizard.serve.child import Child
from wizard.serve.roles import Role

log = logging.getLogger(__name__)

SOON = 5.0
"""A process that ends sooner after its start than this is started again with a delay, doubled each time."""

FIRST_DELAY, LONGEST_DELAY = 0.5, 10.0


class Children:
    """Starts, watches and stops processes. All times are monotonic seconds."""

    def __init__(self, start: Callable[[Role], Child]) -> None:
        self._fork = start
        self._alive: dict[int, Child] = {}
        self._to_start: list[tuple[float, Role]] = []
        self._delays: dict[str, float] = {}

    def __bool__(self) -> bool:
        return bool(self._alive)

    def of(self, *names: str) -> list[Child]:
        """Those of these roles, or all of them."""
        return [child for child in self._alive.values() if not names or child.role.name in names]

    def start(self, role: Role) -> None:
        """Start a process; later, if the machine has no room for one now."""
        try:
            child = self._fork(role)
        except OSError as fault:
            log.error("no %s process can be started (%s); again in %.0f s", role.name, fault.strerror, LONGEST_DELAY)
            self._to_start.append((time.monotonic() + LONGEST_DELAY, role))
        else:
            self._alive[child.pid] = child

    def stop(self, children: Iterable[Child], patience: float | None = None) -> None:
        """Ask processes to stop; those that do not are killed after so many seconds, or when their role says."""
        for child in children:
            child.stop(patience)

    def kill(self) -> None:
        """End all of them at once."""
        for child in self._alive.values():
            child.send(signal.SIGKILL)

    def start_no_more(self, which: Callable[[Role], bool] = lambda _: True) -> None:
        """Give up starting again what has ended."""
        self._to_start = [(moment, role) for moment, role in self._to_start if not which(role)]

    def reap(self) -> None:
        """Note which processes have ended, and when the next one of a lasting role that ended by itself starts."""
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            child = self._alive.pop(pid, None)
            if child and child.role.is_lasting and not child.kill_at and not child.is_former:
                self._start_again(child, status)

    def seconds_to_next(self) -> float:
        """How long there is nothing to do here but to wait for signals."""
        moments = [moment for moment, _ in self._to_start]
        moments += [child.kill_at for child in self._alive.values() if child.kill_at]
        return min(moments, default=time.monotonic() + 60) - time.monotonic()

    def do_what_is_due(self) -> None:
        """Start what is to be started again, and kill what did not stop in time."""
        now = time.monotonic()
        due = [role for moment, role in self._to_start if moment <= now]
        self._to_start = [(moment, role) for moment, role in self._to_start if moment > now]
        for role in due:
            self.start(role)
        for child in self._alive.values():
            if child.kill_at and child.kill_at <= now:
                log.error("%s process %s did not stop in time and is killed", child.role.name, child.pid)
                child.send(signal.SIGKILL)
                child.kill_at = now + 1

    def _start_again(self, child: Child, status: int) -> None:
        name = child.role.name
        lived = time.monotonic() - child.born
        delay = 0.0 if lived > SOON else min(2 * self._delays.get(name, 0.0) or FIRST_DELAY, LONGEST_DELAY)
        self._delays[name] = delay
        code = os.waitstatus_to_exitcode(status)
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        log.error("%s process %s ended %s; the next one starts in %.1f s", name, child.pid, how, delay)
        self._to_start.append((time.monotonic() + delay, child.role))
