"""How long we wait for a model: for its first token, between tokens, and altogether."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from bot.types import Clock

T = TypeVar("T")


class TooSlow(Exception):
    """A time limit passed."""


class Deadline:
    """Limits for one answer, in seconds. Every `token()` begins a new idle time; while `paused()` (a reader takes its
    time over the text) only the limit for the whole answer runs."""

    def __init__(self, clock: Clock, *, first: float, idle: float, total: float):
        self._clock, self._idle = clock, idle
        begun = clock.now()
        self._end = begun + timedelta(seconds=total)
        self._deadline = min(begun + timedelta(seconds=first), self._end)
        self._step = min(first, idle, total)  # the deadline may move closer while the watch sleeps

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, or TooSlow; in every case `work` has ended when this returns."""
        working = asyncio.ensure_future(work)
        watch = asyncio.ensure_future(self._watch())
        try:
            await asyncio.wait((working, watch), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise TooSlow
        finally:
            working.cancel()
            watch.cancel()
            await asyncio.gather(working, watch, return_exceptions=True)

    def token(self) -> None:
        self._deadline = min(self._clock.now() + timedelta(seconds=self._idle), self._end)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self._deadline = self._end
        try:
            yield
        finally:
            self.token()

    async def _watch(self) -> None:
        while (left := (self._deadline - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, self._step))
