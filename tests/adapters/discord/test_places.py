"""Where replies go: without a reference where Discord refuses it, into threads of their own, and deleted again."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.types import Reply, Thread, Undeliverable
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord

from .conftest import adapter_for, running


async def asked(discord: FakeDiscord, core: FakeCore) -> Reply:
    said = await discord.say("general", "Ada", "how long does it prove?", mention=True)
    await core.until(lambda core: any(each.id == said["id"] for each in core.messages))
    return Reply(core.messages[-1].thread, "Overnight, in the cold.", said["id"])


def in_thread(reply: Reply) -> Reply:
    return Reply(Thread(reply.thread.room, reply.reply_to), reply.text, reply.reply_to)


def references(discord: FakeDiscord) -> list[bool]:
    return ["message_reference" in body for body in discord.calls("POST", "/messages")]


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [(403, 160002, "no"), (400, 160002, "no"), (400, 10008, "no"), (400, 50035, "message_reference: system message")],
)
async def test_a_refused_reference_is_left_out(
    discord: FakeDiscord, core: FakeCore, status: int, code: int, text: str
) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        for key in ("turn-1", "turn-2"):  # the channel is not closed by it
            discord.fail("POST", "messages$", status, code=code)
            discord.faults[-1].body["message"] = text
            await adapter.send(reply, key)
    assert references(discord) == [True, False, True, False]
    assert [one["content"] for one in discord.ours("general")] == [reply.text] * 2


async def test_another_refusal_is_no_matter_of_the_reference(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        discord.fail("POST", "messages$", 403, code=50013)
        with pytest.raises(Undeliverable):
            await adapter.send(reply, "turn-1")
    assert references(discord) == [True]


async def test_without_the_right_to_read_history_the_nonce_prevents_a_second_message(
    discord: FakeDiscord, core: FakeCore
) -> None:
    adapter, now = adapter_for(discord, core), datetime.now(UTC)
    async with running(adapter, core):
        reply = await asked(discord, core)
        first = await adapter.send(reply, "turn-1")
        discord.fail("GET", "messages", 403, code=50001, times=3)
        assert await adapter.send(reply, "turn-1", now) == first
        with pytest.raises(Undeliverable):
            await adapter.send(reply, "turn-1", now - timedelta(hours=1))
        with pytest.raises(Undeliverable):
            await adapter.find(reply, "turn-1", now)
        assert await adapter.send(reply, "turn-2") != first, "the channel is not closed"
    assert len(discord.ours("general")) == 2


@pytest.mark.parametrize("made", [False, True], ids=["new", "made before a crash"])
async def test_a_thread_is_started_from_the_message_once(discord: FakeDiscord, core: FakeCore, made: bool) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = in_thread(await asked(discord, core))
        if made:
            discord.world.channel("it", 11, parent=discord.world.find("general"), snowflake=reply.reply_to)
        first = await adapter.send(reply, "turn-1")
        assert await adapter.send(reply, "turn-1", datetime.now(UTC)) == first
        assert await adapter.find(reply, "turn-1", datetime.now(UTC))
        await core.until(lambda core: core.messages[-1].author.is_self)
    assert discord.ours("general") == [] and len(discord.ours(reply.reply_to)) == 1
    assert references(discord) == [False] * len(references(discord))
    assert core.messages[-1].thread == reply.thread
    assert len(discord.calls("POST", "/threads")) <= 2


async def test_a_thread_that_is_not_there_holds_nothing(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = in_thread(await asked(discord, core))
        discord.fail("GET", f"channels/{reply.reply_to}/messages", 404, code=10003)
        assert not await adapter.find(reply, "turn-1", datetime.now(UTC))


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (403, 50001), (400, 50024), (400, 160006)])
async def test_without_the_right_to_start_threads_it_answers_in_the_timeline(
    discord: FakeDiscord, core: FakeCore, status: int, code: int
) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = in_thread(await asked(discord, core))
        discord.fail("POST", "threads$", status, code=code, times=9)
        first = await adapter.send(reply, "turn-1")
        assert await adapter.send(reply, "turn-1", datetime.now(UTC)) == first
    (said,) = discord.ours("general")
    assert said["message_reference"]["message_id"] == reply.reply_to


async def test_a_reply_in_its_own_thread_is_deleted_there(discord: FakeDiscord, core: FakeCore) -> None:
    adapter: DiscordAdapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = in_thread(await asked(discord, core))
        (first,) = await adapter.send(reply, "turn-1")
        await adapter.delete(reply.thread, first)
        await adapter.delete(reply.thread, first)
    assert discord.ours(reply.reply_to) == []
