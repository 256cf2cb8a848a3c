"""20: what a channel refuses is asked for once in ten minutes, each kind of request by itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.types import Blocked, Reply, Thread, Undeliverable
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord

from .conftest import RealClock, adapter_for, running


@dataclass
class Try:
    method: str
    path: str
    act: Callable[[DiscordAdapter, Reply], Awaitable[object]]
    raises: bool = True


TRIES = {
    "send": Try("POST", "messages$", lambda adapter, reply: adapter.send(reply, "turn-1")),
    "tell": Try("POST", "messages$", lambda adapter, reply: adapter.tell(reply.thread.room, "hello", "word")),
    "react": Try(
        "PUT", "reactions", lambda adapter, reply: adapter.react(reply.thread.room, reply.reply_to, "⏳", "k")
    ),
    "typing": Try("POST", "typing$", lambda adapter, reply: adapter.typing(reply.thread), raises=False),
}


async def asked(discord: FakeDiscord, core: FakeCore, channel: str = "general") -> Reply:
    said = await discord.say(channel, "Ada", "how long does it prove?", mention=True)
    await core.until(lambda core: core.messages[-1:] != [] and core.messages[-1].id == said["id"])
    return Reply(core.messages[-1].thread, "Overnight, in the cold.", said["id"])


async def tries(adapter: DiscordAdapter, one: Try, reply: Reply) -> None:
    if one.raises:
        with pytest.raises(Undeliverable):
            await one.act(adapter, reply)
    else:
        await one.act(adapter, reply)


@pytest.mark.parametrize("name", TRIES)
@pytest.mark.parametrize(("status", "code"), [(403, 50013), (404, 10003), (400, 50083), (400, 160005)])
async def test_20_a_refused_action_rests_in_that_channel_for_ten_minutes(
    discord: FakeDiscord, core: FakeCore, name: str, status: int, code: int
) -> None:
    clock, one = VirtualClock(RealClock().now()), TRIES[name]
    adapter = adapter_for(discord, core, clock)
    discord.fail(one.method, one.path, status, code=code, times=99)
    async with running(adapter, core):
        reply = await asked(discord, core)
        for _ in range(3):
            await tries(adapter, one, reply)
        assert count(discord, one) == 1
        await tries(adapter, one, await asked(discord, core, "kitchen"))
        assert count(discord, one) == 2, "another channel is asked"
        await clock.advance(601)
        await tries(adapter, one, reply)
        assert count(discord, one) == 3


def count(discord: FakeDiscord, one: Try) -> int:
    """How often it was asked for; the ending of a pattern marks the path's end."""
    part = one.path.removesuffix("$")
    return sum(method == one.method and part in path for method, path, _ in discord.requests)


async def test_20_a_channel_that_takes_no_reactions_takes_words(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    discord.fail("PUT", "reactions", 403, code=50013)
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Undeliverable):
            await adapter.react(reply.thread.room, reply.reply_to, "⏳", "turn-1")
        assert await adapter.send(reply, "turn-1")


@pytest.mark.parametrize(("status", "code"), [(404, 10008), (404, 10014), (403, 90001)])
async def test_20_one_message_that_is_gone_mutes_nothing(
    discord: FakeDiscord, core: FakeCore, status: int, code: int
) -> None:
    adapter = adapter_for(discord, core)
    discord.fail("PUT", "reactions", status, code=code)
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Undeliverable):
            await adapter.react(reply.thread.room, reply.reply_to, "⏳", "turn-1")
        await adapter.react(reply.thread.room, reply.reply_to, "⏳", "turn-1")
    assert discord.reactions[reply.reply_to] == ["⏳"]


async def test_20_a_text_that_automod_blocks_mutes_nothing(discord: FakeDiscord, core: FakeCore) -> None:
    adapter, discord.automod = adapter_for(discord, core), "cold"
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Blocked):
            await adapter.send(reply, "turn-1")
        assert await adapter.send(Reply(reply.thread, "I'd rather not say.", reply.reply_to), "turn-1")


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("state", ["archived", "locked"])
async def test_20_a_thread_that_was_put_away_is_left_alone(
    discord: FakeDiscord, core: FakeCore, state: str, listed: bool
) -> None:
    thread = discord.world.channel("closed", 11, parent=discord.world.find("general"))
    discord.world.channels[thread]["thread_metadata"] |= {state: True}
    if not listed:
        discord.world.unlisted.add(thread)
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Undeliverable, match=state):
            await adapter.send(Reply(Thread(reply.thread.room, thread), "hm", reply.reply_to), "turn-1")
    assert discord.calls("POST", "/messages") == []


async def test_20_a_thread_that_is_put_away_while_we_write_is_left_alone(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        first = await discord.thread("general", "rye", "Ada", "why does it sink?", mention=True)
        await core.until(lambda core: len(core.messages) == 1)
        message, thread = core.messages[0], discord.world.channels[first["channel_id"]]
        thread["thread_metadata"] |= {"archived": True}
        await discord.emit("THREAD_UPDATE", thread)
        await discord.say("general", "Bo", "a mark that the update was read")
        await core.until(lambda core: len(core.messages) == 2)
        with pytest.raises(Undeliverable, match="archived"):
            await adapter.send(Reply(message.thread, "hm", message.id), "turn-1")


async def test_20_a_clock_that_was_set_back_does_not_mute_for_longer(discord: FakeDiscord, core: FakeCore) -> None:
    clock = VirtualClock(RealClock().now())
    adapter = adapter_for(discord, core, clock)
    discord.fail("POST", "messages$", 403, code=50013)
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Undeliverable):
            await adapter.send(reply, "turn-1")
        clock.set(-timedelta(days=1).total_seconds())
        assert await adapter.send(reply, "turn-1")
