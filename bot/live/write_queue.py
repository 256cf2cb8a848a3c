"""Bounded, fair semaphore for turns that ask a model: calls first, one turn per thread and one per member at a time."""

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.types import Thread

Community = tuple[str, str]  # platform and id
Patience = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asker:
    """The member whose turns are written one at a time. Calls and unprompted turns do not wait for each other."""

    platform: str
    member: str
    first: bool


@dataclass(order=True, slots=True)
class Waiting:
    """A turn in the queue; sorts by who of its community enters first. `entered` becomes True when it gets a place,
    False when its patience ends; it is cancelled when the turn's task gives up."""

    last: bool  # unprompted turns wait behind all calls
    ahead: int  # turns of the same member that had not left when it came
    number: int
    thread: Thread = field(compare=False)
    asker: Asker = field(compare=False)
    entered: "asyncio.Future[bool]" = field(compare=False)

    @property
    def community(self) -> Community:
        return self.thread.room.platform, self.thread.room.community


class WriteQueue:
    """Admits at most `places` turns at a time, fair by member and by community:

    1. calls before unprompted turns;
    2. the community that holds the fewest places, so that many accounts of one community, with questions however long,
       leave the others their share;
    3. a member's second turn behind everybody's first, their third behind everybody's second;
    4. the community that was served longest ago; then in the order of coming.

    One turn per member: otherwise a member with as many long questions as there are places would take them all, and
    whoever is next in order would still wait. Who waits too long under these rules loses patience at the turn's
    deadline.

    Uses two kinds of heap, so that each entry costs the logarithm of the queue's length and the number of communities:
    `_next` holds each community's candidates for a free place, `_behind` those whose thread or member is busy. When one
    of these becomes free, the first entry behind it becomes a candidate."""

    def __init__(self, places: int):
        self._free = self._places = places
        self._busy: set[Thread | Asker] = set()
        self._next: dict[Community, list[Waiting]] = {}
        self._behind: dict[Thread | Asker, list[Waiting]] = {}
        self._numbers = itertools.count(1)
        self._present: Counter[Asker] = Counter()  # turns that wait or hold a place
        self._held: Counter[Community] = Counter()  # places
        self._served: dict[Community, int] = {}  # a number that grows with time

    @asynccontextmanager
    async def enter(
        self, thread: Thread, member: str, *, first: bool, patience: Patience | None = None
    ) -> AsyncIterator[bool]:
        """Waits for a place, holds it for the body of `async with`, and gives True; or gives False, without a place,
        when `patience` ends first. Turns with `first` go before all others."""
        waiting = self._join(thread, Asker(thread.room.platform, member, first))
        try:
            yield await _entered(waiting, patience)
        finally:
            self._leave(waiting)

    def _join(self, thread: Thread, asker: Asker) -> Waiting:
        entered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting = Waiting(not asker.first, self._present[asker], next(self._numbers), thread, asker, entered)
        self._present[asker] += 1
        self._nominate(waiting)
        self._admit()
        return waiting

    def _leave(self, waiting: Waiting) -> None:
        self._present[waiting.asker] -= 1
        waiting.entered.cancel()  # has no effect once admitted
        if not waiting.entered.cancelled() and waiting.entered.result():
            self._free += 1
            self._held[waiting.community] -= 1
            self._busy -= {waiting.thread, waiting.asker}
            self._release(waiting)
            self._admit()
        # otherwise it gave up before admission, and `_admit` drops it
        if self._present[waiting.asker] == 0:
            del self._present[waiting.asker]
        if self._free == self._places:
            self._held.clear()
            self._served.clear()

    def _admit(self) -> None:
        while self._free and self._next:
            waiting = self._pop()
            busy = next((one for one in (waiting.thread, waiting.asker) if one in self._busy), None)
            if busy is None and not waiting.entered.done():
                self._seat(waiting)
                continue
            if busy is not None and not waiting.entered.done():
                heapq.heappush(self._behind.setdefault(busy, []), waiting)
            self._release(waiting)  # it takes no place, so the next one behind its thread or member may be able to

    def _pop(self) -> Waiting:
        """The first candidate."""

        def rank(community: Community) -> tuple[bool, int, int, int, int]:
            first = self._next[community][0]
            return first.last, self._held[community], first.ahead, self._served.get(community, 0), first.number

        community = min(self._next, key=rank)
        waiting = heapq.heappop(self._next[community])
        if not self._next[community]:
            del self._next[community]
        return waiting

    def _seat(self, waiting: Waiting) -> None:
        self._free -= 1
        self._held[waiting.community] += 1
        self._served[waiting.community] = next(self._numbers)
        self._busy |= {waiting.thread, waiting.asker}
        waiting.entered.set_result(True)

    def _nominate(self, waiting: Waiting) -> None:
        heapq.heappush(self._next.setdefault(waiting.community, []), waiting)

    def _release(self, waiting: Waiting) -> None:
        """Makes the first entries that wait for the thread and for the member candidates, if these are free."""
        for freed in (waiting.thread, waiting.asker):
            behind = self._behind.get(freed)
            if behind and freed not in self._busy:
                self._nominate(heapq.heappop(behind))
            if not behind:
                self._behind.pop(freed, None)


async def _entered(waiting: Waiting, patience: Patience | None) -> bool:
    if patience is None or waiting.entered.done():
        return await waiting.entered
    timer = asyncio.ensure_future(_expire(waiting, patience))
    try:
        return await waiting.entered
    finally:
        timer.cancel()


async def _expire(waiting: Waiting, patience: Patience) -> None:
    await patience()
    if not waiting.entered.done():
        waiting.entered.set_result(False)
