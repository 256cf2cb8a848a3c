"""The toy platform as a place for the contract."""

from bot.types import Adapter, Room, Thread
from tests.adapters.place import Place
from tests.adapters.toy.adapter import open as open_toy
from tests.adapters.toy.settings import ToySettings
from tests.adapters.toy.world import WORLDS, World
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore


class ToyPlace(Place):
    member = "ana"

    def __init__(self) -> None:
        super().__init__(FakeCore())
        self.world = WORLDS["here"] = World()

    def new_adapter(self) -> Adapter:
        return self._adapter(self.world.token)

    def refused(self) -> Adapter:
        return self._adapter("a guess")

    def _adapter(self, token: str) -> Adapter:
        settings = ToySettings(enabled=True, token=token)
        return open_toy(
            settings, self.core, VirtualClock(), voice=lambda room: "Mochi", our_names=list, greet=lambda arrival: ""
        )

    async def say(self, text: str, reply_to: str | None = None) -> str:
        return await self.world.happens(text=text, reply_to=reply_to)

    async def play_again(self, message_id: str) -> None:
        await self.world.happens(**next(each for each in self.world.log if each["id"] == message_id))

    async def edit(self, message_id: str, text: str) -> None:
        await self.world.happens(id=message_id, edited=text)

    async def delete(self, message_id: str) -> None:
        await self.world.happens(id=message_id, deleted=True)

    async def react(self, message_id: str, emoji: str, *, removed: bool = False) -> None:
        await self.world.happens(id=message_id, emoji=emoji, removed=removed)

    async def type(self, thread: Thread) -> None:
        for watcher in self.world.watchers:
            watcher(thread.room.id, self.member)

    async def say_with_image(self, data: bytes) -> str:
        id_ = await self.world.happens(text="", image="loaf.png")
        self.world.files[id_] = data
        return id_

    async def said(self) -> list[str]:
        return list(self.world.ours.values())

    async def answers(self) -> list[str]:
        return list(self.world.answers.get(self.member, {}).values())

    async def signs(self, message_id: str) -> list[str]:
        return sorted(self.world.signs.get(message_id, ()))

    def nowhere(self) -> Thread:
        return Thread(Room("toy", "town", "nowhere"))

    async def away(self) -> None:
        await self.world.go(away=True)

    async def back(self) -> None:
        await self.world.go(away=False)
        await self.down()
        await self.up()
