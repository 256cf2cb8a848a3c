"""Purges: when they run, and what they keep."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import pytest

from bot.remember.purge import Purge, purge_hourly
from bot.remember.store import Store
from bot.types import StoreError
from tests.fakes.clock import VirtualClock

from .makers import KITCHEN, NOON, ids, message

PATIENCE = 30  # seconds that a failing test waits
DAYS = 7


class Noted:
    """A purge that records the moments it was called with. Raises `trouble` while that is set."""

    def __init__(self, purge: Purge | None = None):
        self._purge = purge
        self.trouble: StoreError | None = None
        self._asked: asyncio.Queue[datetime] = asyncio.Queue()

    async def __call__(self, before: datetime) -> int:
        try:
            if self.trouble:
                raise self.trouble
            return await self._purge(before) if self._purge else 0
        finally:
            self._asked.put_nowait(before)

    async def next(self) -> datetime:
        return await asyncio.wait_for(self._asked.get(), PATIENCE)

    @property
    def is_over(self) -> bool:
        return self._asked.empty()


@asynccontextmanager
async def purging(purges: Sequence[tuple[Purge, int]], clock: VirtualClock) -> AsyncIterator[None]:
    task = asyncio.create_task(purge_hourly(lambda: purges, clock))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_after_each_purge_nothing_older_than_the_days_to_keep_is_stored(store: Store) -> None:
    """At the start, and again an hour later: a message is kept for its days, and for an hour more at most."""
    old = {f"d{days}": message(f"d{days}", heard=NOON - timedelta(days=days)) for days in range(2 * DAYS)}
    await store.write(lambda writing: writing.add_messages(list(old.values())[::-1]))
    clock, purge = VirtualClock(NOON), Noted(store.purge)
    async with purging([(purge, DAYS)], clock):
        for hour in range(4 * 24):
            assert await purge.next() == clock.now() - timedelta(days=DAYS)
            kept = ids(await store.messages(KITCHEN, 99))
            assert kept == [f"d{days}" for days in range(DAYS - -(-hour // 24), -1, -1)]
            await clock.advance(3600)


async def test_each_purge_runs_once_an_hour_with_days_of_its_own() -> None:
    clock, messages, learnt = VirtualClock(NOON), Noted(), Noted()
    async with purging([(messages, 30), (learnt, 90)], clock):
        for hour in range(3):
            now = NOON + timedelta(hours=hour)
            assert (await messages.next(), await learnt.next()) == (now - timedelta(days=30), now - timedelta(days=90))
            await clock.advance(3599)
            assert messages.is_over and learnt.is_over
            await clock.advance(1)


@pytest.mark.parametrize("failing", [0, 1])
async def test_a_purge_that_fails_stops_no_other_and_is_tried_again_an_hour_later(failing: int) -> None:
    clock, purges = VirtualClock(NOON), [Noted(), Noted()]
    purges[failing].trouble = StoreError("the disk is full")
    async with purging([(purge, DAYS) for purge in purges], clock):
        for hour in range(2):
            before = NOON + timedelta(days=-DAYS, hours=hour)
            assert [await purge.next() for purge in purges] == [before] * 2
            await clock.advance(3600)
