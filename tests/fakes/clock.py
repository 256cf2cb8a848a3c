"""A clock that moves only when a test advances it, and that ends a test in which nobody advances it any more."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

from tests.fakes.waiting import PATIENCE


class RealClock:
    """Implements `bot.types.Clock` by the system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class VirtualClock:
    """Implements `bot.types.Clock`. `await clock.advance(seconds)` wakes the sleepers in order.

    If a task sleeps, and for `patience` real seconds none begins to sleep, wakes or advances the clock, the test waits
    for something that can't happen any more. Then all its tasks are cancelled, with the reason: the traceback shows
    where the test was waiting.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 5, 12, 0, tzinfo=UTC), patience: float = PATIENCE):
        self._now = start
        self._patience = patience
        self._watch: asyncio.TimerHandle | None = None
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    @property
    def next_wake(self) -> float | None:
        """Seconds until the next sleeper wakes; None if nobody sleeps."""
        waking = self._waking()
        return (min(waking) - self._now).total_seconds() if waking else None

    def _waking(self) -> list[datetime]:
        return [moment for moment, _, wake in self._sleepers if not wake.done()]

    @property
    def sleeping(self) -> int:
        """The number of tasks that sleep now."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), wake))
        wake.add_done_callback(lambda _: self._moved())
        self._moved()
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
        self._moved()

    def set(self, seconds: float) -> None:
        """Sets the clock forward or, below 0, back. Sleepers sleep on as long as they would have."""
        by = timedelta(seconds=seconds)
        self._now += by
        self._sleepers = [(moment + by, order, wake) for moment, order, wake in self._sleepers]

    def _moved(self) -> None:
        """Restarts the watch for a hanging test."""
        if self._watch:
            self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_later(self._patience, self._stalled)

    def _stalled(self) -> None:
        if self.next_wake is None:
            return
        asleep = f"{len(self._waking())} sleep on the virtual clock, the first for {self.next_wake:g} s more"
        reason = f"{asleep}, and nobody has moved it for {self._patience:g} s"
        for task in asyncio.all_tasks():
            task.cancel(reason)


async def settle(rounds: int = 50) -> None:
    """Runs everything that can run without the clock moving."""
    for _ in range(rounds):
        await asyncio.sleep(0)
