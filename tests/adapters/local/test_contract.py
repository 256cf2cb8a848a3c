"""The local community keeps the contract of adapters."""

from collections.abc import AsyncIterator

import pytest

from adapters.local.adapter import LocalAdapter
from adapters.local.community import Community
from bot.types import Adapter, Room, Thread
from tests.adapters.contract import STEPS, Step, title
from tests.adapters.place import Place
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter


class LocalPlace(Place):
    """There is no network between the community and its adapter, so a repeated event goes to the core directly."""

    def __init__(self) -> None:
        super().__init__(FakeCore())
        self.ana = local_adapter(self.core).community.author("Ana")
        self.member = self.ana.id

    def new_adapter(self) -> Adapter:
        return local_adapter(self.core)

    @property
    def community(self) -> Community:
        assert isinstance(self.adapter, LocalAdapter)
        return self.adapter.community

    async def say(self, text: str, reply_to: str | None = None) -> str:
        return (await self.community.post("kitchen", "Ana", text, reply_to=reply_to)).id

    async def play_again(self, message_id: str) -> None:
        message = self.community.entries[message_id].message
        assert message is not None
        await self.core.hear([message])

    async def edit(self, message_id: str, text: str) -> None:
        await self.community.edit(message_id, text)

    async def delete(self, message_id: str) -> None:
        await self.community.delete(message_id)

    async def react(self, message_id: str, emoji: str, *, removed: bool = False) -> None:
        await self.community.put_reaction(message_id, "Ana", emoji, removed=removed)

    async def type(self, thread: Thread) -> None:
        self.community.typing(thread.root or "", self.ana)

    async def said(self) -> list[str]:
        standing = self.community.messages("kitchen") or []
        return [each.message.text for each in standing if each.message and each.message.author.is_self]

    async def answers(self) -> list[str]:
        return [given.answer.text for given in self.community.answers.of(self.member)]

    async def signs(self, message_id: str) -> list[str]:
        reactions = self.community.entries[message_id].reactions
        return [emoji for emoji, people in reactions.items() if any(one.is_self for one in people)]

    def nowhere(self) -> Thread:
        return Thread(Room("local", "home", "cellar"))


@pytest.fixture
async def place() -> AsyncIterator[LocalPlace]:
    place = LocalPlace()
    await place.up()
    yield place
    await place.down()


@pytest.mark.parametrize("step", STEPS, ids=title)
async def test_the_contract(step: Step, place: LocalPlace) -> None:
    await step(place)
