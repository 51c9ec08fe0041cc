"""Turns at the threads of a web process: addresses take turns, and nobody can have all of them."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque


class Turns:
    """Gives so many turns at a time. Belongs to one event loop.

    Of those who wait, addresses come round one after another, however many requests each has. The last turns are given
    only to an address that has none: whoever keeps all others busy does not keep the next one out.
    """

    def __init__(self, count: int, reserved: int) -> None:
        self._free, self._reserved = count, reserved
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def take_now(self, address: str | None) -> bool:
        """Take a turn if there is one and nobody waits."""
        if self._waiting or not self._may_have(address or ""):
            return False
        self._give(address or "")
        return True

    async def take(self, address: str | None) -> None:
        """Wait for a turn; with ``None``, which nobody is counted by, only for a free one."""
        address = address or ""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        self._distribute()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(address)
            raise

    def give_back(self, address: str | None) -> None:
        """End a turn."""
        address = address or ""
        self._free += 1
        self._held[address] -= 1
        if not self._held[address]:
            del self._held[address]
        self._distribute()

    def _may_have(self, address: str) -> bool:
        return self._free > (self._reserved if address and self._held[address] else 0)

    def _give(self, address: str) -> None:
        self._free -= 1
        self._held[address] += 1

    def _distribute(self) -> None:
        while self._free and (address := next(filter(self._may_have, self._waiting), None)) is not None:
            turns = self._waiting[address]
            turn = turns.popleft()
            if turns:
                self._waiting.move_to_end(address)
            else:
                del self._waiting[address]
            # Whoever waited for it may have left.
            if not turn.done():
                self._give(address)
                turn.set_result(None)
