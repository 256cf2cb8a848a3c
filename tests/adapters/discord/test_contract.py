"""Discord keeps the contract of adapters."""

from collections.abc import AsyncIterator

import pytest

from adapters.discord.history import FIRST
from bot.types import Adapter, Room, Thread
from tests.adapters.contract import STEPS, Step, title
from tests.adapters.place import Place
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.waiting import until

from .conftest import adapter_for


class DiscordPlace(Place):
    def __init__(self, discord: FakeDiscord) -> None:
        super().__init__(FakeCore())
        self.discord = discord
        self.ada = discord.world.member("Ada")
        self.member = self.ada["id"]

    def new_adapter(self) -> Adapter:
        return adapter_for(self.discord, self.core)

    def refused(self) -> Adapter:
        return adapter_for(self.discord, self.core, token="a guess")

    async def up(self) -> None:
        await super().up()
        await until(lambda: FIRST in self.core.marks)

    async def say(self, text: str, reply_to: str | None = None) -> str:
        said = await self.discord.say("general", "Ada", text, reply_to=reply_to)
        return str(said["id"])

    async def play_again(self, message_id: str) -> None:
        await self.discord.emit("MESSAGE_CREATE", self.discord.world.event(self.discord.find(message_id)))

    async def edit(self, message_id: str, text: str) -> None:
        await self.discord.edit(message_id, text)

    async def delete(self, message_id: str) -> None:
        await self.discord.delete(message_id)

    async def react(self, message_id: str, emoji: str, *, removed: bool = False) -> None:
        await self.discord.react(message_id, self.ada, emoji, removed=removed)

    async def type(self, thread: Thread) -> None:
        await self.discord.type(thread.room.id, self.ada)

    async def say_with_image(self, data: bytes) -> str:
        image = self.discord.file("loaf.png", data, content_type="image/png")
        said = await self.discord.say("general", "Ada", "", attachments=[image])
        return str(said["id"])

    async def said(self) -> list[str]:
        return [str(one["content"]) for one in self.discord.ours("general")]

    async def signs(self, message_id: str) -> list[str]:
        return self.discord.reactions.get(message_id, [])

    def nowhere(self) -> Thread:
        return Thread(Room("discord", self.discord.world.guild_id, "77"))

    async def away(self) -> None:
        self.discord.away, self.discord.open = True, False
        await self.discord.drop(1001)

    async def back(self) -> None:
        self.discord.away, self.discord.open = False, True
        await self.down()
        await self.up()


@pytest.fixture
async def place(discord: FakeDiscord) -> AsyncIterator[DiscordPlace]:
    place = DiscordPlace(discord)
    await place.up()
    yield place
    await place.down()


@pytest.mark.parametrize("step", STEPS, ids=title)
async def test_the_contract(step: Step, place: DiscordPlace) -> None:
    await step(place)
