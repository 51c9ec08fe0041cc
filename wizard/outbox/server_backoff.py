"""Backoff for a mail server as a whole, shared by the lanes of a process (as Postfix has it for a destination).

While the server is away it is left alone but for one letter now and then, which probes it; so an outage of days costs
a letter few tries, and its end is noticed within a minute. What a process learns stays in its memory: each worker
learns by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds from one probe to the next; doubled each time."""

FIRST_ALONE = 1.0
"""Seconds for which, at the start of a process, one lane tries the server alone."""

RATE_AFTER_OUTAGE = 20.0
"""Letters a second while a server recovers: 2,000 in less than two minutes, and a weak server is not felled again."""

RECOVERY = 60.0
"""Seconds for which a server is spared so."""

SUCCESS_COUNTS = 5.0
"""Seconds after the success of another lane in which a failure is that of the one connection: a server may take fewer
connections than we have."""


class Backoff:
    """Exponential backoff of one subject."""

    def __init__(self) -> None:
        self.failures = 0
        self.next_try = 0.0

    def fail(self, now: float) -> None:
        """Wait twice as long as the last time."""
        self.next_try = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 10))
        self.failures += 1

    def succeed(self) -> None:
        """Wait no more."""
        self.failures, self.next_try = 0, 0.0


class ServerBackoff:
    """What the lanes of a process know about their mail server.

    Args:
        server: ``host:port``, as ``outbox.waits_for`` has it.
        monotonic: seconds, for tests.
    """

    def __init__(self, server: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.server = server
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._all = Backoff()
        self._lanes: dict[str, Backoff] = {}
        self._last_success: dict[str, float] = {}
        self._is_known, self._first_lane, self._others_begin = False, "", 0.0
        self._is_confirmed = False
        self._had_outage = False
        self._next_waiting = monotonic() + FIRST_PAUSE
        self._wake = False
        self._prober = ""
        self._recovers_until = 0.0
        self._next_turn = 0.0

    def is_shut(self, lane: str) -> bool:
        """Whether this lane is to leave the server alone but for a probe."""
        with self._lock:
            return bool(self._all.failures) or self._monotonic() < self._of(lane).next_try

    def may_claim(self, lane: str, batch: int) -> int:
        """How many letters a lane may claim now: a batch, one as a probe, or none."""
        with self._lock:
            now = self._monotonic()
            if now < max(self._all.next_try, self._of(lane).next_try) or not self._may_begin(lane, now):
                return 0
            if self._all.failures:
                # This lane probes; the others leave the server alone meanwhile.
                self._all.next_try, self._prober = now + FIRST_PAUSE, lane
            return 1 if self._all.failures or self._of(lane).failures else batch

    def claimed_nothing(self, lane: str) -> None:
        """The lane has no letter with which to probe the server: another one may at once."""
        with self._lock:
            if self._all.failures and self._prober == lane:
                self._all.next_try, self._prober = self._monotonic(), ""

    def may_probe_waiting(self) -> bool:
        """Whether a letter that waits for the server may be tried before its time: the claim found no other.

        While nobody knows whether the server is back; also at the start of a process, which finds letters that
        another one left waiting.
        """
        with self._lock:
            now = self._monotonic()
            if self._is_confirmed or (not self._all.failures and now < self._next_waiting):
                return False
            self._next_waiting = now + FIRST_PAUSE
            return True

    def wait_for_turn(self) -> None:
        """Keep to the rate at which a server that was away is given letters."""
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next_turn) if now < self._recovers_until else now
            self._next_turn = turn + 1 / RATE_AFTER_OUTAGE
        if turn > now:
            time.sleep(turn - now)

    def fail(self, lane: str) -> bool:
        """The server was away. Returns whether it is so for all lanes, or only this connection was too many."""
        with self._lock:
            now = self._monotonic()
            self._is_known = True
            others = [at for other, at in self._last_success.items() if other != lane]
            if any(now - at < SUCCESS_COUNTS for at in others):
                self._of(lane).fail(now)
                return False
            self._all.fail(now)
            self._prober = ""
            self._is_confirmed, self._had_outage = False, True
            return True

    def answer(self, lane: str) -> None:
        """The server spoke to a letter, if only to refuse it: it is not away."""
        with self._lock:
            self._answered(lane)

    def succeed(self, lane: str) -> None:
        """The server took a letter."""
        with self._lock:
            self._answered(lane)
            now = self._last_success[lane] = self._monotonic()
            if not self._is_confirmed:
                self._is_confirmed = self._wake = True
                self._recovers_until = now + RECOVERY if self._had_outage else 0.0
                self._had_outage = False

    def take_wake(self) -> bool:
        """Whether the caller is to make due what waits for the server. Says so once for each time that it is back."""
        with self._lock:
            is_to_wake, self._wake = self._wake, False
            return is_to_wake

    def give_back_wake(self) -> None:
        """It could not be done: whoever asks next is to do it."""
        with self._lock:
            self._wake = True

    def _answered(self, lane: str) -> None:
        self._is_known = True
        self._all.succeed()
        self._of(lane).succeed()

    def _may_begin(self, lane: str, now: float) -> bool:
        """Not all lanes at once while nobody knows the server: for a second the first one goes alone."""
        if not self._is_known and not self._first_lane:
            self._first_lane, self._others_begin = lane, now + FIRST_ALONE
        return self._is_known or lane == self._first_lane or now >= self._others_begin

    def _of(self, lane: str) -> Backoff:
        return self._lanes.setdefault(lane, Backoff())
