"""A clock that moves only when a test says so."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Implements `bot.types.Clock`. `await clock.advance(seconds)` wakes the sleepers in order."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)):
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    @property
    def next_wake(self) -> float | None:
        """Seconds until the next sleeper wakes; None if nobody sleeps."""
        waking = [moment for moment, _, wake in self._sleepers if not wake.done()]
        return (min(waking) - self._now).total_seconds() if waking else None

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        until = self._now + timedelta(seconds=seconds)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            moment, _, wake = heapq.heappop(self._sleepers)
            self._now = max(self._now, moment)
            if not wake.done():
                wake.set_result(None)
            await settle()
        self._now = until
        await settle()


async def settle(rounds: int = 50) -> None:
    """Lets everything that can run without the clock run."""
    for _ in range(rounds):
        await asyncio.sleep(0)
