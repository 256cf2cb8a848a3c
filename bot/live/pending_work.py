"""Runs work that is kept in the database: at the start, when there is more of it, and again after a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Never

from bot.live.delivery import LONGEST_PAUSE
from bot.types import Clock


async def keep_up(work: Callable[[], Awaitable[bool]], more: asyncio.Event, clock: Clock) -> Never:
    """Calls `work`, which tells whether nothing is left, now and each time `more` is set. If something is left, it is
    called again after a pause of 1 s, which doubles up to LONGEST_PAUSE."""
    pause = 1.0
    while True:
        more.clear()
        if await work():
            pause = 1.0
            await more.wait()
        else:
            await clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
