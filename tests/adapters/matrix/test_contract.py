"""Matrix keeps the contract of adapters, with a real homeserver."""

from collections.abc import AsyncIterator

import pytest

from bot.types import Adapter, Room, Thread
from tests.adapters.contract import STEPS, Step, title
from tests.adapters.matrix.parts import adapter_of, settings_for
from tests.adapters.place import Place
from tests.fakes.cable import Cable
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Person, Synapse


class MatrixPlace(Place):
    """A room of three members, since with two every message is addressed to us."""

    def __init__(self, cable: Cable, bot: Person, alice: Person, bob: Person):
        super().__init__(FakeCore())
        self.cable, self.bot, self.alice, self.bob = cable, bot, alice, bob
        self.member = alice.id
        self.room = ""
        self._tokens: dict[str, str] = {}
        self._reactions: dict[tuple[str, str], str] = {}

    async def open(self) -> None:
        await self.up()
        self.room = await self.alice.create_room("Kitchen", invite=[self.bob.id])
        await self.bob.join(self.room)
        await self.alice.invite(self.room, self.bot.id)
        await self.core.until(lambda core: f"room/{self.room}" in core.marks)

    def new_adapter(self) -> Adapter:
        return adapter_of(settings_for(self.cable.url, self.bot.id, password=self.bot.password), self.core)

    def refused(self) -> Adapter:
        return adapter_of(settings_for(self.cable.url, self.bot.id, password="a guess"), FakeCore())

    async def say(self, text: str, reply_to: str | None = None) -> str:
        before = self.core.marks["next_batch"]
        said = await self.alice.say(self.room, text, reply_to=reply_to)
        self._tokens[said] = before
        return said

    async def play_again(self, message_id: str) -> None:
        """Reads the stream again from the last token, as after a crash before the commit."""
        await self.down()
        self.core.marks["next_batch"] = self._tokens[message_id]
        await self.up()

    async def edit(self, message_id: str, text: str) -> None:
        await self.alice.edit(self.room, message_id, text)

    async def delete(self, message_id: str) -> None:
        await self.alice.redact(self.room, message_id)

    async def react(self, message_id: str, emoji: str, *, removed: bool = False) -> None:
        if removed:
            await self.alice.redact(self.room, self._reactions.pop((message_id, emoji)))
        else:
            self._reactions[message_id, emoji] = await self.alice.react(self.room, message_id, emoji)

    async def type(self, thread: Thread) -> None:
        await self.alice.type(self.room)

    async def say_with_image(self, data: bytes) -> str:
        address = await self.alice.upload(data)
        return await self.alice.send(self.room, {"msgtype": "m.image", "body": "loaf.png", "url": address})

    async def said(self) -> list[str]:
        events = [one for one in await self.alice.messages(self.room) if one["type"] == "m.room.message"]
        return [one["content"]["body"] for one in events if one["sender"] == self.bot.id and one["content"]]

    async def signs(self, message_id: str) -> list[str]:
        events = [one for one in await self.alice.messages(self.room) if one["type"] == "m.reaction"]
        ours = [one["content"].get("m.relates_to", {}) for one in events if one["sender"] == self.bot.id]
        return [relation["key"] for relation in ours if relation.get("event_id") == message_id]

    def nowhere(self) -> Thread:
        return Thread(Room("matrix", "-", "!nowhere:localhost"))

    async def away(self) -> None:
        self.cable.cut = True

    async def back(self) -> None:
        self.cable.cut = False
        await self.down()
        await self.up()


@pytest.fixture
async def place(homeserver: Synapse) -> AsyncIterator[MatrixPlace]:
    people = [await homeserver.user(name) for name in ("cameo", "alice", "bob")]
    async with Cable(homeserver.url) as cable:
        place = MatrixPlace(cable, *people)
        await place.open()
        yield place
        await place.down()


@pytest.mark.parametrize("step", STEPS, ids=title)
async def test_the_contract(step: Step, place: MatrixPlace) -> None:
    await step(place)
