"""Purges old data: at the start and then once an hour, so that what is kept for a day is not kept for two."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.decide.times import HOUR
from bot.types import Clock, StoreError

log = structlog.get_logger()

Purge = Callable[[datetime], Awaitable[int]]
"""Removes what is older than that moment; returns the number of messages or posts. Raises StoreError."""

SILENT_DAYS = 1  # for the member in a turn without a reply: limits and alerts look back so long
HELD_OUT_DAYS = 8  # for the member in a turn held out for an experiment: its outcome is read within a week
LEARNT_DAYS = 90  # for what rooms have learnt: a quiet room needs months for the 200 posts that its hold is based on


async def purge_hourly(purges: Callable[[], Sequence[tuple[Purge, int]]], clock: Clock) -> None:
    """Runs the purges, each with the number of days to keep, until cancelled. `purges` is called again each hour. A
    purge that fails is logged and retried an hour later; the others go on."""
    while True:
        for purge, keep_days in purges():
            before = clock.now() - timedelta(days=keep_days)
            try:
                if purged := await purge(before):
                    log.info("purged", purged=purged, keep_days=keep_days)
            except StoreError as error:
                log.error("purge.failed", error=str(error))
        await clock.sleep(HOUR)
