"""The longest wait of a failing test, and polling for what no event announces."""

import asyncio
from collections.abc import Callable

# Seconds: ten times the longest wait on a slow machine that runs several suites at once. Only a failing test waits so
# long.
PATIENCE = 60.0


async def until(condition: Callable[[], object]) -> None:
    """Polls every few milliseconds until the condition holds. Raises TimeoutError after `PATIENCE`."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)
