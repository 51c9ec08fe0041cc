"""A deadline for talks with a server, whatever it does in between."""

from __future__ import annotations

import time


class DeadlinePassed(TimeoutError):
    """The time that a delivery may take is over."""


class Deadline:
    """The moment at which a delivery's time is over, moved on for each delivery."""

    def __init__(self, timeout: float, seconds: float) -> None:
        self._timeout = timeout
        self._seconds = seconds
        self._end = 0.0
        self.start()

    def start(self, seconds: float | None = None) -> None:
        """Begin to count anew, from now."""
        self._end = time.monotonic() + (self._seconds if seconds is None else seconds)

    def next_wait(self) -> float:
        """Seconds that the next operation may take.

        Raises:
            DeadlinePassed: none are left.
        """
        return min(self._timeout, self.left())

    def left(self) -> float:
        """Seconds that are left in all.

        Raises:
            DeadlinePassed: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(f"the server took longer than {self._seconds:g} s in all")
        return left
