"""Everything the gateway says, in its order, waiting to be recorded."""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from bot.types import PlatformError

from .payload import Payload

BATCH_ENTRIES = 256  # entries recorded in one commit: large enough to outrun any server, small enough to stay prompt
ENTRIES = 20_000  # about 60 MB of payloads: a store that is this far behind won't catch up by our holding more


class EventKind(StrEnum):
    SAID = "said"
    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    UNREACTED = "unreacted"
    ARRIVED = "arrived"  # a new session or a community back: what was said before has to be asked for


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One thing the gateway said; of an arrival, the number of the shard that has a new session."""

    kind: EventKind
    data: Payload
    shard: int = 0


class Inbox:
    """A queue that the gateway fills without waiting and one task empties.

    When it is full nothing more is taken and `take` raises: the connection is given up, and the next one asks
    for everything after the last recorded message. Dropping single entries would leave holes that nobody sees.
    """

    def __init__(self, entries: int = ENTRIES):
        self._entries: deque[GatewayEvent] = deque()
        self._limit = entries
        self._filled = asyncio.Event()
        self._full = False

    def put(self, entry: GatewayEvent) -> None:
        if len(self._entries) >= self._limit:
            self._full = True
            return
        self._entries.append(entry)
        self._filled.set()

    async def take(self) -> list[GatewayEvent]:
        """The oldest entries, at most BATCH_ENTRIES, as soon as there is one. Raises PlatformError once it was full."""
        await self._filled.wait()
        if self._full:
            raise PlatformError("Discord says more than can be recorded; connecting again to catch up")
        batch = [self._entries.popleft() for _ in range(min(BATCH_ENTRIES, len(self._entries)))]
        if not self._entries:
            self._filled.clear()
        return batch
