"""Servers that kill the worker (SIGKILL) at a chosen moment of their talk with it."""

from __future__ import annotations

import os
import signal


class Killer:
    """What such a server has in it: it kills ``victim`` once, when ``moment`` has passed ``countdown`` times."""

    victim = 0
    moment = ""
    countdown = 0

    def arm(self, victim: int, moment: str, countdown: int = 0) -> None:
        """Kill this process at this moment, after so many deliveries."""
        self.victim, self.moment, self.countdown = victim, moment, countdown

    def pass_moment(self, moment: str) -> bool:
        """Kill if it is time; True when it was."""
        if not self.victim or moment != self.moment:
            return False
        if self.countdown:
            self.countdown -= 1
            return False
        os.kill(self.victim, signal.SIGKILL)
        self.victim = 0
        return True
