"""Signals of the supervisor: none is lost, however busy it is, and none reaches a child before the child is its own."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """What came since it was asked last. Each signal writes its number into a socket that the supervisor waits for."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in WATCHED:
            # Python writes to the socket only for signals that have a handler of its own.
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> list[signal.Signals]:
        """The signals that came, after ``seconds`` at most."""
        if not select.select([self._reader], [], [], max(0.0, seconds))[0]:
            return []
        return [signal.Signals(number) for number in self._reader.recv(4096)]

    def ignore(self) -> None:
        """On the way out, when all is done: an impatient second Ctrl-C changes nothing any more."""
        for number in WATCHED:
            signal.signal(number, signal.SIG_IGN)

    def forget(self) -> None:
        """Give a child that was just forked the behaviour of any other process."""
        signal.set_wakeup_fd(-1)
        for number in WATCHED:
            signal.signal(number, signal.SIG_DFL)
        self._reader.close()
        self._writer.close()


@contextmanager
def held() -> Iterator[None]:
    """Hold signals back meanwhile: what comes is delivered at the end, to a child that forks here as well."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def release_in_child() -> None:
    """End ``held`` in a child, once ``forget`` has run there."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)


def lost_terminal(had_terminal: bool) -> bool:
    """Whether SIGHUP means what it did first: the terminal in which the service was started is gone."""
    if not had_terminal:
        return False
    try:
        os.tcgetpgrp(0)
    except OSError:
        return True
    return False


def run_until_stopped(work: Callable[[threading.Event], None]) -> None:
    """Do ``work`` in a thread until it ends by itself, or until SIGTERM or SIGINT, which set its event.

    Both are waited for and not handled: a handler that sets an event for which its own thread waits can hang.
    Raises what ``work`` raised.
    """
    stop_signals = {signal.SIGTERM, signal.SIGINT}
    stop, waiting, faults = threading.Event(), threading.get_ident(), list[BaseException]()

    def run() -> None:
        try:
            work(stop)
        except BaseException as fault:
            faults.append(fault)
        finally:
            signal.pthread_kill(waiting, signal.SIGTERM)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    thread = threading.Thread(target=run, name="work")
    thread.start()
    signal.sigwait(stop_signals)
    stop.set()
    thread.join()
    while stop_signals & signal.sigpending():
        signal.sigwait(stop_signals)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if faults:
        raise faults[0]
