"""The clock that Cameo runs by."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The live clock, which never goes back. If the system's clock is set back, this one runs at half speed until that
    has caught up: what waits for a moment waits twice as long at most, where it would wait for an hour more."""

    def __init__(
        self, wall: Callable[[], datetime] = lambda: datetime.now(UTC), steady: Callable[[], float] = time.monotonic
    ):
        self._wall, self._steady = wall, steady
        self._now, self._steady_then = wall(), steady()

    def now(self) -> datetime:
        steady = self._steady()
        passed, self._steady_then = steady - self._steady_then, steady
        self._now = max(self._wall(), self._now + timedelta(seconds=passed / 2))
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
