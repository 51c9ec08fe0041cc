"""Whether the wall clock can be believed: ages, leases and retention are measured by it, and it may jump.

A time server that errs, a restored machine, a hand at ``date``: a jump of a year for some seconds must kill no letter
and delete no file. What deletes or gives up for good asks here first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)

TOLERANCE = 60.0
"""Seconds by which the clock may be set at once and still be believed: time servers correct that much."""

PROBATION = 3600.0
"""Seconds for which a clock that jumped must go steadily before it is believed."""

LONGEST_SILENCE = timedelta(days=7)
"""How old the newest row may be at the start: beyond that, either nobody wrote for long, or the clock is wrong."""

FUTURE = timedelta(hours=1)
"""How far ahead of the clock a row may have been written: machines differ."""


def steady_seconds() -> float:
    """Seconds that nobody can set. On Linux they go on while the machine sleeps, as the wall clock does.

    Leases are measured by them: other workers see those end by the wall clock.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Clock:
    """The wall clock of one process, compared with one that nobody can set. For all its threads."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = steady_seconds) -> None:
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        self._offset = wall() - steady()
        self._since = steady()
        self._trusted_offset: float | None = None

    def now(self) -> datetime:
        """The time by the wall clock, right or wrong."""
        with self._lock:
            wall = self._wall()
            self._compare(wall, self._steady())
        return datetime.fromtimestamp(wall, UTC)

    @property
    def is_trusted(self) -> bool:
        """Whether the clock has gone steadily since it was last known to be right."""
        self.now()
        return self._trusted_offset is not None and abs(self._offset - self._trusted_offset) <= TOLERANCE

    def confirm(self, newest: datetime | None) -> None:
        """Believe the clock from the start if the newest date of the database, or its emptiness, fits to it."""
        now = self.now()
        if newest is None or now - LONGEST_SILENCE <= newest <= now + FUTURE:
            self._trusted_offset = self._offset
        else:
            log.error(
                "the newest row of the database is of %s, and the clock says %s: until it has run for an hour, no "
                "letter is given up for its age and nothing is swept. Set the clock if it is wrong",
                f"{newest:%Y-%m-%d %H:%M}",
                f"{now:%Y-%m-%d %H:%M}",
            )

    def _compare(self, wall: float, steady: float) -> None:
        offset, before = wall - steady, self._offset
        # Small corrections are followed: a clock that is slewed all year stays the same clock.
        self._offset = offset
        if abs(offset - before) > TOLERANCE:
            self._since = steady
            self._report_jump(offset, offset - before)
        elif self._trusted_offset is None or abs(offset - self._trusted_offset) > TOLERANCE:
            if steady - self._since >= PROBATION:
                log.warning("the clock has run steadily for an hour: it is believed again")
                self._trusted_offset = offset
        else:
            self._trusted_offset = offset

    def _report_jump(self, offset: float, seconds: float) -> None:
        if self._trusted_offset is not None and abs(offset - self._trusted_offset) <= TOLERANCE:
            log.warning("the clock jumped back by %.0f s to where it was: it is believed again", -seconds)
        else:
            log.error(
                "the clock jumped by %.0f s: until it has run steadily for an hour, or jumps back, no letter is given "
                "up for its age and nothing is swept",
                seconds,
            )
