"""Our own limit for requests. Discord's global one is 50 a second, and the SDK notices it only when it is exceeded."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

REQUESTS, SECONDS = 40, 1.0  # in any window of a second; a fifth below Discord's limit, for clocks and lines that vary
UNLIMITED = ("/interactions/", "/webhooks/")  # answers to interactions do not count towards the global limit


class Pace:
    """Lets at most REQUESTS requests begin in any SECONDS, in the order in which they come."""

    def __init__(
        self,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        requests: int = REQUESTS,
    ):
        """`now` is a clock in seconds that never goes back; by default the running loop's."""
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._sleep = sleep
        self._begun: deque[float] = deque(maxlen=requests)

    async def wait(self) -> None:
        """Waits until a request may begin."""
        now = self._now()
        is_full = len(self._begun) == self._begun.maxlen
        slot = max(now, self._begun[0] + SECONDS) if is_full else now
        self._begun.append(slot)  # taken before the wait: who comes meanwhile gets the next one
        if slot > now:
            await self._sleep(slot - now)
