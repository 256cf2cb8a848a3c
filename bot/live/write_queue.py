"""Lets so many turns ask a model at once: whoever called us first in line, and one at a time in a thread."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.types import Thread


@dataclass(order=True, slots=True)
class Waiting:
    last: bool  # unprompted turns wait behind everybody who called us
    number: int
    thread: Thread = field(compare=False)
    entered: "asyncio.Future[None]" = field(compare=False)


class WriteQueue:
    def __init__(self, places: int):
        self._free = places
        self._busy: set[Thread] = set()
        self._line: list[Waiting] = []
        self._numbers = itertools.count()

    @asynccontextmanager
    async def enter(self, thread: Thread, *, first: bool) -> AsyncIterator[None]:
        """Waits for a place; `first` goes before those who are not."""
        waiting = Waiting(not first, next(self._numbers), thread, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._admit()
        try:
            await waiting.entered
            yield
        finally:
            self._leave(waiting)

    def _leave(self, waiting: Waiting) -> None:
        if waiting in self._line:  # gave up before it was let in
            self._line.remove(waiting)
            return
        self._free += 1
        self._busy.discard(waiting.thread)
        self._admit()

    def _admit(self) -> None:
        for waiting in sorted(self._line):
            if not self._free:
                return
            if waiting.thread not in self._busy:
                self._line.remove(waiting)
                self._free -= 1
                self._busy.add(waiting.thread)
                if not waiting.entered.cancelled():
                    waiting.entered.set_result(None)
