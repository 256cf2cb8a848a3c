"""Answers and payloads that are not as Discord documents them: nothing but PlatformError leaves the adapter."""

import asyncio
from typing import Any

import pytest

from adapters.discord.history import FIRST
from adapters.discord.payload import id_at
from bot.types import PlatformError, Status
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_rest import Fault
from tests.fakes.discord_world import DM
from tests.fakes.waiting import PATIENCE, until

from .conftest import RealClock, adapter_for, running

ODD_ANSWERS: tuple[Any, ...] = (None, 7, True, "text", {}, {"type": []}, {"type": 11, "id": "x"}, [], [None, 7, "x"])


def said_in_general(discord: FakeDiscord) -> dict[str, Any]:
    channel, author = discord.world.find("general"), discord.world.member("Ada")
    return discord.world.message(channel, author, "hello")


@pytest.mark.parametrize("odd", ODD_ANSWERS, ids=repr)
async def test_an_odd_history_raises_platform_error_or_nothing(discord: FakeDiscord, core: FakeCore, odd: Any) -> None:
    core.marks[FIRST] = str(id_at(RealClock().now()))
    said_in_general(discord)
    discord.faults.append(Fault("GET", "/messages$", 200, odd, 1))
    adapter = adapter_for(discord, core)
    task = asyncio.create_task(adapter.run(core.hear, core.typing))
    await until(lambda: task.done() or bool(adapter.status is Status.UP and discord.calls("GET", "/messages")))
    await discord.say("kitchen", "Ada", "later")
    await until(lambda: task.done() or any(message.text == "later" for message in core.messages))
    if task.done():
        assert isinstance(task.exception(), PlatformError)
    task.cancel()
    await asyncio.wait({task}, timeout=PATIENCE)


async def test_a_message_that_is_in_the_history_twice_is_heard_once(discord: FakeDiscord, core: FakeCore) -> None:
    core.marks[FIRST] = str(id_at(RealClock().now()))
    said = said_in_general(discord)
    discord.faults.append(Fault("GET", "/messages$", 200, [said, said | {"tts": True}], 1))
    async with running(adapter_for(discord, core), core):
        await core.until(lambda core: bool(core.messages))
    assert [message.text for message in core.messages] == ["hello"]


@pytest.mark.parametrize("odd", ODD_ANSWERS, ids=repr)
async def test_a_message_in_a_channel_that_is_oddly_described_is_heard(
    discord: FakeDiscord, core: FakeCore, odd: Any
) -> None:
    thread = discord.world.channel("old talk", 11, parent=discord.world.find("general"))
    discord.world.unlisted.add(thread)
    discord.faults.append(Fault("GET", f"channels/{thread}$", 200, odd, 1))
    async with running(adapter_for(discord, core), core):
        await discord.say(thread, "Ada", "anyone?")
        await core.until(lambda core: bool(core.messages))


async def test_a_payload_that_cannot_be_placed_does_not_stop_the_others(discord: FakeDiscord, core: FakeCore) -> None:
    async with running(adapter_for(discord, core), core):
        await discord.emit("GUILD_CREATE", {**discord.world.guild(), "name": 7})
        await discord.say("general", "Ada", "in a community whose name is a number")
        await discord.say(discord.world.channel("Ada", DM), "Ada", "elsewhere")
        await core.until(lambda core: bool(core.messages))
    assert [message.text for message in core.messages] == ["elsewhere"]
