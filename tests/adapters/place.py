"""A place on a platform where the contract of adapters is tried: a room with a member in it."""

import asyncio
from abc import ABC, abstractmethod

from bot.types import Adapter, Status, Thread
from tests.fakes.core import FakeCore
from tests.fakes.waiting import until


class Place(ABC):
    """A room of one platform with a member. `adapter` runs after `up`; `core` keeps its state."""

    member: str
    """The id of the member who writes, as events name it."""

    def __init__(self, core: FakeCore):
        self.core = core
        self.adapter: Adapter
        self._running: asyncio.Task[None] | None = None

    @abstractmethod
    def new_adapter(self) -> Adapter:
        """A new adapter, as after a start of the process: its only state is in `core`."""

    def refused(self) -> Adapter | None:
        """An adapter with credentials that the platform rejects; None if the platform rejects nobody."""
        return None

    async def up(self) -> None:
        """Runs a new adapter, and returns once it hears."""
        self.adapter = self.new_adapter()
        self._running = asyncio.create_task(self.adapter.run(self.core.hear, self.core.typing))
        running = self._running
        await until(lambda: running.done() or self.adapter.status is Status.UP)
        if running.done():
            running.result()

    async def down(self) -> None:
        """Stops the adapter, as at a shutdown. Harmless if it is down already."""
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    # --- the member's actions ---

    @abstractmethod
    async def say(self, text: str, reply_to: str | None = None) -> str:
        """Writes in the room as the member, possibly as a reply; returns the message's id, as in events."""

    @abstractmethod
    async def play_again(self, message_id: str) -> None:
        """Makes the platform deliver a message again, as after a resumed connection."""

    @abstractmethod
    async def edit(self, message_id: str, text: str) -> None: ...

    @abstractmethod
    async def delete(self, message_id: str) -> None: ...

    @abstractmethod
    async def react(self, message_id: str, emoji: str, *, removed: bool = False) -> None: ...

    async def type(self, thread: Thread) -> None:
        """Types as the member; only with `capabilities.typing_signs`."""
        raise NotImplementedError

    async def say_with_image(self, data: bytes) -> str:
        """Posts an image as the member, as the message's first part; only with `capabilities.images_in`."""
        raise NotImplementedError

    # --- what members see of us ---

    @abstractmethod
    async def said(self) -> list[str]:
        """Our messages on the platform, oldest first: texts without markup, one per part of a long text."""

    async def answers(self) -> list[str]:
        """The answers to commands that the member sees, oldest first."""
        return await self.said()

    @abstractmethod
    async def signs(self, message_id: str) -> list[str]:
        """Our reactions to a message."""

    @abstractmethod
    def nowhere(self) -> Thread:
        """A thread in a room that does not exist."""

    # --- faults ---

    async def away(self) -> None:
        """Makes the platform unreachable."""
        await self.down()

    async def back(self) -> None:
        """Makes the platform reachable again; returns once the adapter hears."""
        await self.up()
