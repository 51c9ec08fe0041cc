"""Child processes: forked from a supervisor that has no threads and no connections, and ended with it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import click

from wizard.config.logs import place_of
from wizard.serve.roles import Role
from wizard.serve.signals import Signals, held, release_in_child

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_M_ARENA_MAX = -8


@dataclass
class Child:
    """A process that the supervisor watches."""

    role: Role
    pid: int
    born: float = field(default_factory=time.monotonic)
    kill_at: float | None = None
    """Once it has been asked to stop: when it is killed. Monotonic seconds, as all times of the supervisor."""

    def stop(self) -> None:
        """Ask it to stop; it has as long as its role allows."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + self.role.patience
            self.send(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def fork(role: Role, run: Callable[[], None], signals: Signals, to_close: Iterable[int]) -> Child:
    """Start a process that does ``run`` and then ends.

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
                run()
                status = 0
            except BaseException as fault:
                log.error("%s process: %s", role.name, place_of(fault))
                status = 1
            os._exit(status)
    return Child(role, pid)


def run_in_child(work: Callable[[], None]) -> None:
    """Do something in a process of its own and wait: what it loads and opens is not there for those forked later.

    Raises:
        SystemExit: it failed, and has said why.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except click.ClickException as error:
            error.show()
            status = error.exit_code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    if status := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise SystemExit(abs(status))


def _become(role: Role, supervisor: int, to_close: Iterable[int]) -> None:
    """Leave the terminal's group, so that Ctrl-C is for the supervisor; end with it, however it ends."""
    os.setpgid(0, 0)
    end_with(supervisor)
    if sys.platform == "linux":
        # Told apart by `ps -o comm`, `top` and `pgrep`.
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"zayavka {role.name}".encode())
    for descriptor in to_close:
        os.close(descriptor)


def end_with(parent: int) -> None:
    """Let the kernel kill this process when ``parent`` is gone; it may be gone already (threats L07)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def limit_memory_arenas() -> None:
    """Less memory for processes of several threads (mallopt(3)). What is forked afterwards has it too."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
