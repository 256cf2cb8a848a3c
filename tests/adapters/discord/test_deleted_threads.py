"""A thread, a forum post or a channel that is deleted as a whole."""

from typing import Any

import pytest

from bot.types import Message, ThreadDeletion
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM, PRIVATE_THREAD

from .conftest import adapter_for, running

FOREIGN = {"guild_id": "5", "parent_id": "7"}


def deletions(core: FakeCore) -> list[tuple[str, str, str | None]]:
    """Name and id of the room, and the root, of what was deleted."""
    return [(one.room.name, one.room.id, one.root) for one in core.new if isinstance(one, ThreadDeletion)]


def gone(channel: dict[str, Any]) -> dict[str, Any]:
    """What THREAD_DELETE tells of a thread."""
    return {key: channel[key] for key in ("id", "guild_id", "parent_id", "type")}


async def test_it_is_heard_where_its_messages_were(discord: FakeDiscord, core: FakeCore) -> None:
    world = discord.world
    forum = world.channel("questions", FORUM)
    category = world.channel("all", 4)
    general, kitchen = world.find("general"), world.find("kitchen")
    world.channels[kitchen]["parent_id"] = category
    async with running(adapter_for(discord, core), core):
        said = [
            await discord.thread("questions", "Why?", "Ada", "it is flat"),
            await discord.thread("general", "side talk", "Ada", "hello"),
            await discord.thread("general", "secret", "Ada", "psst", private=True),
            await discord.say("kitchen", "Ada", "who cooks?"),
        ]
        await core.until(lambda core: len(core.messages) == 4)
        for one in said[:3]:
            await discord.emit("THREAD_DELETE", gone(world.channels[one["channel_id"]]))
        await discord.emit("CHANNEL_DELETE", world.channels[kitchen])
        await core.until(lambda core: len(deletions(core)) == 4)
    post, thread, secret = (one["channel_id"] for one in said[:3])
    assert deletions(core) == [
        ("questions", forum, post),
        ("general", general, thread),
        ("general", secret, None),
        ("kitchen", kitchen, None),
    ]
    stored = [(one.room.name, one.room.id, one.thread.root) for one in core.messages]
    assert stored[:3] == deletions(core)[:3] and stored[3] == deletions(core)[3]


async def test_what_was_said_there_just_before_comes_first(discord: FakeDiscord, core: FakeCore) -> None:
    async with running(adapter_for(discord, core), core):
        said = await discord.thread("general", "side talk", "Ada", "hello")
        await discord.emit("THREAD_DELETE", gone(discord.world.channels[said["channel_id"]]))
        await core.until(lambda core: deletions(core) != [])
    assert [type(event) for event in core.new] == [Message, ThreadDeletion]


@pytest.mark.parametrize(
    ("name", "data", "heard"),
    [
        ("THREAD_DELETE", {"id": "8", "type": 11, **FOREIGN}, [("", "7", "8")]),  # of an unknown community
        ("THREAD_DELETE", {"id": "8", "type": 10, **FOREIGN}, [("", "7", "8")]),
        ("THREAD_DELETE", {"id": "8", "type": PRIVATE_THREAD, **FOREIGN}, [("", "8", None)]),
        ("THREAD_DELETE", {"id": "8", "type": 11, "guild_id": "5"}, [("", "8", None)]),
        ("THREAD_DELETE", {"id": "8", "guild_id": "5", "parent_id": []}, [("", "8", None)]),
        ("CHANNEL_DELETE", {"id": "8", "type": 0, "name": "old", **FOREIGN}, [("old", "8", None)]),
        ("CHANNEL_DELETE", {"id": "8", "type": [], "name": 5, "guild_id": "5"}, [("", "8", None)]),
        ("CHANNEL_DELETE", {"id": "8", "type": 1}, []),
        ("THREAD_DELETE", {"id": "x", "guild_id": {}}, []),
        ("CHANNEL_DELETE", [], []),
    ],
)
async def test_strange_payloads_do_no_harm(
    discord: FakeDiscord, core: FakeCore, name: str, data: Any, heard: list[tuple[str, str, str | None]]
) -> None:
    async with running(adapter_for(discord, core), core):
        await discord.emit(name, data)
        await discord.say("general", "Ada", "still here")
        await core.until(lambda core: len(core.messages) == 1)
    assert deletions(core) == heard
