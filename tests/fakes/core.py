"""A fake core that only records events, for testing an adapter alone."""

import asyncio
from collections.abc import Callable, Sequence

from bot.types import Event, Mark, Message, StoreError, Thread
from tests.fakes.waiting import PATIENCE


class FakeCore:
    """Implements `bot.types.Hear` (as `core.hear`), `bot.types.TypingSign` (as `core.typing`) and
    `bot.types.AdapterState` (as the object itself).

    Events and marks are committed together or, while `broken` is set, not at all. Like the real core it accepts a
    message id only once; `new` has the accepted events, `commits` every call.
    """

    def __init__(self, marks: dict[str, str] | None = None):
        self.marks: dict[str, str] = dict(marks or {})
        self.new: list[Event] = []
        self.signs: list[tuple[Thread, str]] = []
        self.commits: list[tuple[tuple[Event, ...], dict[str, str | None]]] = []
        self.broken: StoreError | None = None
        self.refusals = 0
        self._known: set[tuple[str, str]] = set()
        self._changed = asyncio.Condition()

    async def hear(self, events: Sequence[Event], mark: Mark | None = None) -> None:
        await asyncio.sleep(0)  # a real commit is never instant
        if self.broken:
            self.refusals += 1
            raise self.broken
        self.commits.append((tuple(events), dict(mark or {})))
        self.new.extend(event for event in events if self._is_new(event))
        for key, value in (mark or {}).items():
            if value is None:
                self.marks.pop(key, None)
            else:
                self.marks[key] = value
        async with self._changed:
            self._changed.notify_all()

    def _is_new(self, event: Event) -> bool:
        if not isinstance(event, Message):
            return True
        identity = (event.room.platform, event.id)
        known = identity in self._known
        self._known.add(identity)
        return not known

    @property
    def messages(self) -> list[Message]:
        return [event for event in self.new if isinstance(event, Message)]

    async def until(self, condition: Callable[["FakeCore"], bool]) -> None:
        """Waits, woken by commits, until the condition holds. Raises TimeoutError after `PATIENCE`."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    def typing(self, thread: Thread, person: str) -> None:
        self.signs.append((thread, person))

    async def put(self, values: Mark) -> None:
        await self.hear((), values)

    async def get(self, key: str) -> str | None:
        return self.marks.get(key)

    async def scan(self, prefix: str) -> dict[str, str]:
        return {key: self.marks[key] for key in sorted(self.marks) if key.startswith(prefix)}
