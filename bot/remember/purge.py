"""Forgetting by age: once at the start and once a day."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.types import Clock, StoreError

log = structlog.get_logger()

Purge = Callable[[datetime], Awaitable[int]]
"""Removes what is older than that moment; how many messages it were. Raises StoreError."""

DAY = 86_400.0  # seconds


async def purge_daily(purges: Sequence[Purge], clock: Clock, keep_days: int) -> None:
    """Until cancelled. A purge that fails is tried again the next day; the others go on."""
    while True:
        before = clock.now() - timedelta(days=keep_days)
        for purge in purges:
            try:
                log.info("purged", messages=await purge(before), keep_days=keep_days)
            except StoreError as error:
                log.error("purge.failed", error=str(error))
        await clock.sleep(DAY)
