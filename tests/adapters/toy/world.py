"""The toy platform itself: rooms in memory, and a log of events, which adapters read from a position."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Happening = dict[str, Any]
WORLDS: dict[str, "World"] = {}


class Away(Exception):
    """The world can't be reached."""


@dataclass
class World:
    """`ours` are our messages, by key; `previews` the unfinished texts shown before; `answers` what only a member has
    seen, by member and key."""

    token: str = "open sesame"
    rooms: tuple[str, ...] = ("square",)
    log: list[Happening] = field(default_factory=list)
    ours: dict[str, str] = field(default_factory=dict)
    signs: dict[str, set[str]] = field(default_factory=dict)
    previews: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    watchers: list[Callable[[str, str], None]] = field(default_factory=list)
    is_away: bool = False
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def happens(self, **happening: Any) -> str:
        """Adds to the log and wakes its readers; returns the id of the message that the event is about."""
        happening.setdefault("id", f"m{len(self.log)}")
        self.log.append({"room": "square", "who": "ana", **happening})
        async with self._news:
            self._news.notify_all()
        return str(happening["id"])

    async def go(self, *, away: bool) -> None:
        self.is_away = away
        async with self._news:
            self._news.notify_all()

    async def after(self, position: int) -> list[Happening]:
        """Waits for events from `position` on and returns them. Raises Away."""
        async with self._news:
            await self._news.wait_for(lambda: self.is_away or len(self.log) > position)
        self.reach()
        return self.log[position:]

    def reach(self) -> None:
        if self.is_away:
            raise Away
