"""A bounded queue of gateway events that wait to be recorded, in order."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.types import Clock, PlatformError

from .payload import Payload

BATCH_ENTRIES = 256  # entries per commit: enough to keep up with any server, few enough to stay prompt
ENTRIES = 20_000  # about 60 MB of payloads: a store this far behind would not catch up with a longer queue


class EventKind(StrEnum):
    SAID = "said"
    EDITED = "edited"
    RENAMED = "renamed"  # a thread has another title, or other tags
    DELETED = "deleted"
    CLOSED = "closed"  # a channel or a thread was deleted as a whole
    REMOVED = "removed"  # from a community
    JOINED = "joined"  # a community
    REACTED = "reacted"
    UNREACTED = "unreacted"
    ARRIVED = "arrived"  # a new session, or a community is back: missed messages must be fetched


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One gateway event; for an arrival, the number of the shard with the new session. `arrived`: when it came in, None
    if nobody looked at the clock."""

    kind: EventKind
    data: Payload
    shard: int = 0
    arrived: datetime | None = None


class Inbox:
    """A queue that the gateway fills without waiting and one task empties.

    When it is full, it accepts nothing more and `take` raises: the connection is closed, and the next one fetches
    everything after the last recorded message. Dropping single entries would leave gaps that nobody notices.
    """

    def __init__(self, entries: int = ENTRIES, clock: Clock | None = None):
        self._clock = clock
        self._entries: deque[GatewayEvent] = deque()
        self._limit = entries
        self._filled = asyncio.Event()
        self._full = False

    def put(self, entry: GatewayEvent) -> None:
        if len(self._entries) >= self._limit:
            self._full = True
            return
        self._entries.append(replace(entry, arrived=self._clock.now()) if self._clock else entry)
        self._filled.set()

    async def take(self) -> list[GatewayEvent]:
        """Waits for an entry and returns the oldest ones, at most BATCH_ENTRIES. Raises PlatformError after an
        overflow."""
        await self._filled.wait()
        if self._full:
            raise PlatformError("Discord sends more than can be recorded; connecting again to catch up")
        batch = [self._entries.popleft() for _ in range(min(BATCH_ENTRIES, len(self._entries)))]
        if not self._entries:
            self._filled.clear()
        return batch
