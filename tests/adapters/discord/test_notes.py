"""A channel's topic and pinned messages."""

import pytest

from bot.types import Pinned, PlatformError, Room, RoomNotes
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM

from .conftest import adapter_for, running

HISTORY = 1 << 16


def room(discord: FakeDiscord, name: str) -> Room:
    return Room("discord", discord.world.guild_id, discord.world.find(name))


async def test_topic_and_the_newest_pins_are_told(discord: FakeDiscord, core: FakeCore) -> None:
    discord.world.channels[discord.world.find("general")]["topic"] = "Bread, and what goes with it"
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        said = [await discord.say("general", "Ada", f"rule {n}") for n in range(5)]
        for one in said[:4]:
            discord.world.pin(one)
        notes = await adapter.notes(room(discord, "general"))
    pins = tuple(Pinned(said[n]["id"], "Ada", f"rule {n}", said[n]["author"]["id"]) for n in (3, 2, 1))
    assert notes == RoomNotes("Bread, and what goes with it", pins)


async def test_pins_that_not_everybody_may_read_are_not_asked_for(discord: FakeDiscord, core: FakeCore) -> None:
    discord.world.overwrite("general", discord.world.guild_id, deny=HISTORY)
    discord.world.channels[discord.world.find("general")]["topic"] = "Bread"
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        discord.world.pin(await discord.say("general", "Ada", "old rules"))
        assert await adapter.notes(room(discord, "general")) == RoomNotes("Bread")
    assert discord.calls("GET", "/pins") == []


async def test_a_forum_has_guidelines_and_other_rooms_have_nothing(discord: FakeDiscord, core: FakeCore) -> None:
    forum = discord.world.channel("recipes", FORUM)
    discord.world.channels[forum]["topic"] = "One recipe a post"
    adapter = adapter_for(discord, core)
    with pytest.raises(PlatformError, match="not connected"):
        await adapter.notes(room(discord, "recipes"))
    async with running(adapter, core):
        assert await adapter.notes(room(discord, "recipes")) == RoomNotes("One recipe a post")
        assert await adapter.notes(room(discord, "kitchen")) == RoomNotes()
        assert await adapter.notes(Room("discord", "-", "1")) == RoomNotes()


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (404, 10003)])
async def test_a_topic_is_told_where_we_may_not_read_pins(
    status: int, code: int, discord: FakeDiscord, core: FakeCore
) -> None:
    discord.world.channels[discord.world.find("kitchen")]["topic"] = "Bread"
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        discord.fail("GET", "/pins", status, code=code)
        assert await adapter.notes(room(discord, "kitchen")) == RoomNotes("Bread")


async def test_pins_that_cannot_be_had_for_now_are_trouble(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        discord.fail("GET", "/pins", 503, times=9)  # which the SDK does not ask for again
        with pytest.raises(PlatformError):
            await adapter.notes(room(discord, "kitchen"))
