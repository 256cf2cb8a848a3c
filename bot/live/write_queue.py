"""Bounded, prioritised semaphore for turns that ask a model: calls first, one turn per thread."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.types import Thread


@dataclass(order=True, slots=True)
class Waiting:
    """A turn in the queue; sorts by who enters first. `entered` is cancelled when its task gives up."""

    last: bool  # unprompted turns wait behind all calls
    number: int
    thread: Thread = field(compare=False)
    entered: "asyncio.Future[None]" = field(compare=False)


class WriteQueue:
    """Admits at most `places` turns at a time. Uses two kinds of heap, so that each entry costs the logarithm of the
    queue's length: `_next` holds candidates for a free place, `_behind` those whose thread is busy. When a thread
    becomes free, the first one behind it becomes a candidate."""

    def __init__(self, places: int):
        self._free = places
        self._busy: set[Thread] = set()
        self._next: list[Waiting] = []
        self._behind: dict[Thread, list[Waiting]] = {}
        self._numbers = itertools.count()

    @asynccontextmanager
    async def enter(self, thread: Thread, *, first: bool) -> AsyncIterator[None]:
        """Waits for a place and holds it for the body of `async with`. Turns with `first` go before all others."""
        waiting = Waiting(not first, next(self._numbers), thread, asyncio.get_running_loop().create_future())
        heapq.heappush(self._next, waiting)
        self._admit()
        try:
            await waiting.entered
            yield
        finally:
            self._leave(waiting)

    def _leave(self, waiting: Waiting) -> None:
        waiting.entered.cancel()  # has no effect once admitted
        if waiting.entered.cancelled():
            return  # gave up before admission; `_admit` drops it
        self._free += 1
        self._busy.discard(waiting.thread)
        self._release(waiting.thread)
        self._admit()

    def _admit(self) -> None:
        while self._free and self._next:
            waiting = heapq.heappop(self._next)
            if waiting.thread in self._busy:
                heapq.heappush(self._behind.setdefault(waiting.thread, []), waiting)
            elif waiting.entered.cancelled():
                self._release(waiting.thread)
            else:
                self._free -= 1
                self._busy.add(waiting.thread)
                waiting.entered.set_result(None)

    def _release(self, thread: Thread) -> None:
        """Makes the first entry that waits for the thread a candidate."""
        behind = self._behind.get(thread)
        if behind:
            heapq.heappush(self._next, heapq.heappop(behind))
        if not behind:
            self._behind.pop(thread, None)
