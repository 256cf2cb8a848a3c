"""Purges old data: at the start and then once a day."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.decide.times import DAY
from bot.types import Clock, StoreError

log = structlog.get_logger()

Purge = Callable[[datetime], Awaitable[int]]
"""Removes what is older than that moment; returns the number of messages or posts. Raises StoreError."""

LEARNT_DAYS = 90  # for what rooms have learnt: a quiet room needs months for the 200 posts that its hold is based on


async def purge_daily(purges: Callable[[], Sequence[tuple[Purge, int]]], clock: Clock) -> None:
    """Runs the purges, each with the number of days to keep, until cancelled. `purges` is called again each day. A
    purge that fails is logged and retried the next day; the others go on."""
    while True:
        for purge, keep_days in purges():
            before = clock.now() - timedelta(days=keep_days)
            try:
                log.info("purged", purged=await purge(before), keep_days=keep_days)
            except StoreError as error:
                log.error("purge.failed", error=str(error))
        await clock.sleep(DAY)
