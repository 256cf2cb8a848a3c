"""Waiting times before requests to a homeserver are retried."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from adapters.matrix.homeserver import MatrixError
from bot.types import Clock

T = TypeVar("T")

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0  # a homeserver that comes back is noticed within a minute
SHORTEST_SECONDS = 0.1
LIMITED_SECONDS = 300.0  # the specification's advice: give up on a message after about five minutes


class BackOff:
    """Pauses of 1, 2, 4 ... 60 seconds, each up to a quarter longer, so that many clients don't return at once."""

    def __init__(self, stray: Callable[[], float] = random.random):
        self._failures = 0
        self._stray = stray

    def worked(self) -> None:
        self._failures = 0

    def failed(self, error: Exception) -> float:
        """Seconds to wait after a failure; longer if the homeserver asks for it, but never over five minutes."""
        nominal: float = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(self._failures, 10))
        self._failures += 1
        pause = min(LONGEST_SECONDS, nominal * (1 + self._stray() / 4))
        asked = error.wait if isinstance(error, MatrixError) and error.wait else 0.0
        return max(pause, min(asked, LIMITED_SECONDS))


async def within_limits(clock: Clock, call: Callable[[], Awaitable[T]]) -> T:
    """Retries while the homeserver answers "too many requests", for five minutes at most. Raises the last MatrixError,
    or any other one at once."""
    give_up = clock.now() + timedelta(seconds=LIMITED_SECONDS)
    back_off = BackOff()
    while True:
        try:
            return await call()
        except MatrixError as error:
            if error.status != 429:
                raise
            # "retry after 0 ms" must not become a busy loop
            pause = error.wait if error.wait and error.wait >= SHORTEST_SECONDS else back_off.failed(error)
            if clock.now() + timedelta(seconds=pause) > give_up:
                raise
        await clock.sleep(pause)
