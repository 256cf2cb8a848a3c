"""Time limits for a model's answer: for the first token, between tokens, and in total."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from bot.types import Clock

T = TypeVar("T")

END_SECONDS = 2.0  # after the reason to finish, for the usage, which comes at once; some servers never end the stream


class TooSlow(Exception):
    """A time limit passed."""


class Deadline:
    """Limits for one answer, in seconds. Every `token()` restarts the idle limit; while `paused()` (a consumer handles
    the text) only the total limit counts."""

    def __init__(self, clock: Clock, *, first: float, idle: float, total: float):
        self._clock, self._idle = clock, idle
        begun = clock.now()
        self._end = begun + timedelta(seconds=total)
        self._deadline = min(begun + timedelta(seconds=first), self._end)
        self._step = min(first, idle, total)  # the deadline may move closer while `_watch` sleeps
        self._nap: asyncio.Future[None] | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Returns the result of `work`. Raises TooSlow when a limit passes. `work` has always ended when this
        returns."""
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
        """A token has arrived."""
        self._deadline = min(self._clock.now() + timedelta(seconds=self._idle), self._end)

    def whole(self, seconds: float) -> None:
        """The answer comes whole, within `seconds` from now."""
        self._deadline = min(self._clock.now() + timedelta(seconds=seconds), self._end)

    def finishing(self) -> None:
        """The answer is complete: from now on the idle limit is END_SECONDS."""
        self._idle = min(self._idle, END_SECONDS)
        self._deadline = min(self._deadline, self._clock.now() + timedelta(seconds=self._idle))
        if self._nap:
            self._nap.cancel()  # it may have been longer

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Suspends the idle limit."""
        self._deadline = self._end
        try:
            yield
        finally:
            self.token()

    async def _watch(self) -> None:
        try:
            while (left := (self._deadline - self._clock.now()).total_seconds()) > 0:
                self._nap = asyncio.ensure_future(self._clock.sleep(min(left, self._step)))
                await asyncio.wait((self._nap,))
        finally:
            if self._nap:
                self._nap.cancel()
