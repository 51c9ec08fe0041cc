"""Child processes: forked from a supervisor that has no threads and no connections, and ended with it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import click
from flask import Flask

from wizard.config.logs import place_of
from wizard.config.parent_process import end_with, name_process
from wizard.serve.roles import Role
from wizard.serve.signals import Signals, held, release_in_child

log = logging.getLogger(__name__)

_M_ARENA_MAX = -8


@dataclass
class Child:
    """A process that the supervisor watches."""

    role: Role
    pid: int
    born: float = field(default_factory=time.monotonic)
    is_former: bool = False
    """Another one of its role takes its place, which knows a newer catalog."""
    kill_at: float | None = None
    """Once it has been asked to stop: when it is killed. Monotonic seconds, as all times of the supervisor."""

    def stop(self, patience: float | None = None) -> None:
        """Ask it to stop; it has so many seconds, or as many as its role allows."""
        kill_at = time.monotonic() + (self.role.patience if patience is None else patience)
        if self.kill_at is None:
            self.send(signal.SIGTERM)
        self.kill_at = min(kill_at, self.kill_at or kill_at)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def fork(role: Role, app: Flask, signals: Signals, to_close: Iterable[int]) -> Child:
    """Start a process that does the work of a role and then ends.

    Args:
        to_close: descriptors of the supervisor that are none of this child's business.
    """
    supervisor = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    with held():
        pid = os.fork()
        if pid == 0:
            # Nothing of the supervisor's may run here any more, not even what it would do on the way out.
            try:
                signals.forget()
                _become(role, supervisor, to_close)
                release_in_child()
                role.run(app)
                status = 0
            except click.ClickException as error:
                error.show()
                status = error.exit_code
            except BaseException as fault:
                log.error("%s process: %s", role.name, place_of(fault))
                status = 1
            sys.stdout.flush()
            os._exit(status)
    return Child(role, pid)


def wait_for_end(child: Child, signals: Signals) -> None:
    """Wait for a child on which the start depends.

    Raises:
        SystemExit: it failed, and has said why; or this process was asked to stop meanwhile.
    """
    while not (ended := os.waitpid(child.pid, os.WNOHANG))[0]:
        if {signal.SIGTERM, signal.SIGINT} & set(signals.wait(0.5)):
            child.stop()
        if child.kill_at and child.kill_at <= time.monotonic():
            child.send(signal.SIGKILL)
    code = os.waitstatus_to_exitcode(ended[1])
    if code < 0 and not child.kill_at:
        log.error("%s process ended by %s", child.role.name, signal.Signals(-code).name)
    if code or child.kill_at:
        raise SystemExit(0 if child.kill_at else abs(code))


def _become(role: Role, supervisor: int, to_close: Iterable[int]) -> None:
    """Leave the terminal's group, so that Ctrl-C is for the supervisor; end with it, however it ends."""
    os.setpgid(0, 0)
    end_with(supervisor)
    name_process(f"zayavka {role.name}")
    for descriptor in to_close:
        os.close(descriptor)


def limit_memory_arenas() -> None:
    """Less memory for processes of several threads (mallopt(3)). What is forked afterwards has it too."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
