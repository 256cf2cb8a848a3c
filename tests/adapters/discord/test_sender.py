"""Replies are sent once each, in the right place, without pings; and what happens when Discord refuses them."""

import asyncio
import sys
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.posting import nonce
from adapters.discord.split import split
from bot.types import NotSent, PlatformError, Reaction, Reply, Thread, Undeliverable
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM
from tests.fakes.waiting import PATIENCE

from .conftest import RealClock, adapter_for, running

LONG = "\n\n".join(f"Paragraph {n}: " + "flour, water, salt and time. " * 20 for n in range(8))


async def asked(discord: FakeDiscord, core: FakeCore, text: str = "how long does it prove?") -> Reply:
    """A question from a member, heard, and a reply to it."""
    said = await discord.say("general", "Ada", text, mention=True)
    await core.until(lambda core: core.messages[-1:] != [] and core.messages[-1].id == said["id"])
    return Reply(core.messages[-1].thread, "Overnight, in the cold.", said["id"])


async def test_a_reply_answers_its_trigger_and_pings_nobody(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        loud = Reply(reply.thread, "@everyone <@&1> <@2> @here overnight", reply.reply_to)
        ids = await adapter.send(loud, "turn-1")
        await core.until(lambda core: core.messages[-1].author.is_self)
    (body,) = discord.calls("POST", "/messages")
    assert body["allowed_mentions"]["parse"] == []
    assert not body["allowed_mentions"].get("replied_user")
    assert body["message_reference"]["message_id"] == int(reply.reply_to)
    assert body["message_reference"]["fail_if_not_exists"] is False
    assert body["enforce_nonce"] is True and len(body["nonce"]) <= 25
    assert body["flags"] & 4, "no link unfolds"
    assert [core.messages[-1].id] == list(ids), "our own message is heard too"


async def test_a_long_reply_comes_in_parts_of_which_the_first_answers(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        ids = await adapter.send(Reply(reply.thread, LONG, reply.reply_to), "turn-1")
    said = discord.ours("general")
    assert [one["id"] for one in said] == list(ids)
    assert len(said) > 1 and all(len(one["content"]) <= 2000 for one in said)
    assert ["message_reference" in one for one in said] == [True] + [False] * (len(said) - 1)


async def test_within_discords_window_the_nonce_alone_prevents_a_second_message(
    discord: FakeDiscord, core: FakeCore
) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        first = await adapter.send(reply, "turn-1")
        assert await adapter.send(reply, "turn-1") == first
        assert await adapter.send(reply, "turn-2") != first
    assert len(discord.ours("general")) == 2


async def test_past_the_window_a_look_finds_the_reply_that_stands(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        tried = RealClock().now()
        first = await adapter.send(reply, "turn-1")
        for n in range(120):  # the other turn's reply is on the second page
            discord.world.message(discord.world.find("general"), discord.world.member("Bo"), f"meanwhile {n}")
        discord.world.ahead = timedelta(hours=1)
        assert await adapter.send(reply, "turn-1", tried) == first
        other = Reply(reply.thread, reply.text, discord.world.messages[discord.world.find("general")][5]["id"])
        assert await adapter.send(other, "turn-2", tried) != first
    assert len(discord.ours("general")) == 2


async def test_a_reply_cut_off_between_its_parts_is_completed(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        reply = Reply(reply.thread, LONG, reply.reply_to)
        discord.world.message(discord.world.find("general"), discord.world.bot, split(LONG)[0], reply_to=reply.reply_to)
        tried = RealClock().now()
        ids = await adapter.send(reply, "turn-1", tried)
    assert [one["id"] for one in discord.ours("general")] == list(ids)
    assert [one["content"] for one in discord.ours("general")] == list(split(LONG))


async def test_an_answer_that_got_lost_on_its_way_back_is_not_sent_twice(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    discord.fail("POST", "messages$", 503, after=True)
    async with running(adapter, core):
        reply = await asked(discord, core)
        tried = RealClock().now()
        with pytest.raises(PlatformError) as problem:
            await adapter.send(reply, "turn-1", tried)
        assert not isinstance(problem.value, Undeliverable)
        ids = await adapter.send(reply, "turn-1", tried)
    assert [one["id"] for one in discord.ours("general")] == list(ids)


async def test_the_reply_to_a_deleted_message_is_found_by_its_text(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        await discord.delete(reply.reply_to)
        tried = RealClock().now()
        first = await adapter.send(reply, "turn-1")
        discord.world.ahead = timedelta(hours=1)
        assert await adapter.send(reply, "turn-1", tried) == first


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (404, 10003), (400, 50083), (400, 160005)])
async def test_a_shut_channel_is_undeliverable_and_asked_once_in_ten_minutes(
    discord: FakeDiscord, core: FakeCore, status: int, code: int
) -> None:
    adapter = adapter_for(discord, core)
    discord.fail("POST", "messages$", status, code=code, times=9)
    async with running(adapter, core):
        reply = await asked(discord, core)
        for _ in range(3):
            with pytest.raises(Undeliverable):
                await adapter.send(reply, "turn-1")
        await adapter.typing(reply.thread)
    assert len(discord.calls("POST", "/messages")) == 1
    assert discord.calls("POST", "/typing") == []


async def test_a_refused_text_does_not_shut_the_channel(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    discord.fail("POST", "messages$", 400, code=50035)
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Undeliverable):
            await adapter.send(reply, "turn-1")
        assert await adapter.send(reply, "turn-2")
        with pytest.raises(Undeliverable, match="nothing to say"):
            await adapter.send(Reply(reply.thread, " \n ", reply.reply_to), "turn-3")


async def test_a_rate_limit_is_waited_for_and_a_ban_is_not(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        discord.fail("POST", "messages$", 429)
        discord.faults[-1].body = {"message": "slow down", "retry_after": 0.05, "global": False}
        discord.faults[-1].headers = {"Via": "1.1 google", "Retry-After": "1"}
        assert await adapter.send(reply, "turn-1")
        discord.fail("POST", "messages$", 429)  # without a Via header: from the proxy in front of Discord
        with pytest.raises(NotSent):
            await adapter.send(reply, "turn-2")


async def test_a_reply_of_which_a_part_left_did_leave(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        discord.fail("POST", "messages$", 429, passes=1)
        with pytest.raises(PlatformError) as problem:
            await adapter.send(Reply(reply.thread, LONG, reply.reply_to), "turn-1")
    assert type(problem.value) is PlatformError
    assert len(discord.ours("general")) == 1


async def test_a_word_without_a_turn_answers_nothing_and_is_said_once(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        room = reply.thread.room
        first = await adapter.tell(room, "@everyone hello", "word-1")
        assert await adapter.tell(room, "@everyone hello", "word-1") == first
        assert await adapter.tell(room, "@everyone hello", "word-2") != first
        with pytest.raises(Undeliverable):
            await adapter.tell(room, " ", "word-3")
        discord.fail("POST", "messages$", 403)
        for _ in range(2):
            with pytest.raises(Undeliverable):
                await adapter.tell(room, "hello", "word-4")
    bodies = discord.calls("POST", "/messages")
    assert len(bodies) == 4, "a shut channel is not asked again"
    assert not any(body.get("message_reference") for body in bodies)
    assert all(body["allowed_mentions"]["parse"] == [] and body["flags"] & 4 for body in bodies)
    assert len(discord.ours("general")) == 2


async def test_before_and_after_a_connection_nothing_is_sent(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
    for call in (
        adapter.send(reply, "turn-1"),
        adapter.tell(reply.thread.room, "hello", "word-1"),
        adapter.react(reply.thread.room, reply.reply_to, "⏳", "turn-1"),
    ):
        with pytest.raises(NotSent):
            await call
    with pytest.raises(PlatformError) as problem:
        await adapter.send(reply, "turn-1", RealClock().now())
    assert type(problem.value) is PlatformError, "an earlier try may have left"
    await adapter.typing(reply.thread)
    await adapter.preview(reply.thread, reply.reply_to, "turn-1", "half a")
    assert discord.ours("general") == []


async def test_a_forum_post_is_answered_and_signed_inside_its_thread(core: FakeCore) -> None:
    async with FakeDiscord() as discord:
        forum = discord.world.channel("questions", FORUM)
        adapter = adapter_for(discord, core)
        async with running(adapter, core):
            post = await discord.thread("questions", "Which flour?", "Ada", "for rye bread", mention=True)
            await core.until(lambda core: len(core.messages) == 1)
            message = core.messages[0]
            assert (message.thread.root, message.room.id, message.room.name) == (post["id"], forum, "questions")
            assert message.starts_thread and message.addressed
            await adapter.send(Reply(message.thread, "Wholemeal.", message.id), "turn-1")
            await adapter.react(message.room, message.id, "⏳", "turn-1")
            await core.until(lambda core: any(isinstance(event, Reaction) for event in core.new))
        assert [one["content"] for one in discord.ours(post["id"])] == ["Wholemeal."]
        async with running(restarted := adapter_for(discord, core), core):
            await restarted.react(message.room, message.id, "👀", "turn-2")
        assert discord.unknown == []


async def test_typing_is_one_call_and_its_failure_is_nobodys_business(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        await adapter.typing(reply.thread)
        assert len(discord.calls("POST", "/typing")) == 1
        discord.fail("POST", "typing$", 403, code=50013)
        await adapter.typing(reply.thread)
        assert await adapter.send(reply, "turn-1"), "it says nothing about sending"


async def test_a_locked_thread_is_undeliverable_without_a_request(discord: FakeDiscord, core: FakeCore) -> None:
    thread = discord.world.channel("closed", 11, parent=discord.world.find("general"))
    discord.world.channels[thread]["thread_metadata"] |= {"locked": True}
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        with pytest.raises(Undeliverable, match="locked"):
            await adapter.send(Reply(Thread(reply.thread.room, thread), "hm", reply.reply_to), "turn-1")
    assert discord.calls("POST", "/messages") == []


def test_nonces_are_short_stable_and_different() -> None:
    made = {nonce(key, number) for key in ("a", "b", "a" * 500) for number in range(5)}
    assert len(made) == 15 and all(len(one) <= 25 for one in made)
    assert nonce("a", 0) == nonce("a", 0)


async def test_the_fake_discord_runs_as_a_process_and_is_steered_over_http(core: FakeCore) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.discord_gateway", "--token", "other", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        api, gateway = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode().split()
        root = api.removesuffix("/api/v10")
        settings: dict[str, Any] = {"api_url": api, "gateway_url": gateway, "token": "other"}
        adapter: DiscordAdapter = adapter_for(FakeDiscord(), core, **settings)
        async with running(adapter, core), aiohttp.ClientSession(root) as control:
            body = {"channel": "general", "author": "Ada", "text": "hello", "mention": True}
            async with control.post("/test/say", json=body) as made:
                assert made.status == 201
            await core.until(lambda core: len(core.messages) == 1)
            await adapter.send(Reply(core.messages[0].thread, "hi", core.messages[0].id), "turn-1")
            async with control.get("/test/messages", params={"channel": "general"}) as listed:
                assert [one["content"] for one in await listed.json()][1:] == ["hi"]
            async with control.get("/test/state") as state:
                assert (await state.json())["unknown"] == []
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("may_attach", [True, False])
async def test_17_a_text_of_more_than_five_parts_comes_with_a_file(
    discord: FakeDiscord, core: FakeCore, may_attach: bool
) -> None:
    adapter = adapter_for(discord, core)
    whole = " ".join(f"word{number}" for number in range(3000))
    if not may_attach:
        discord.fail("POST", "messages$", 403, code=50013, passes=4)
    async with running(adapter, core):
        reply = await asked(discord, core)
        ids = await adapter.send(Reply(reply.thread, whole, reply.reply_to), "turn-1")
        assert await adapter.send(reply, "turn-2"), "the channel is not closed to us"
    said = discord.ours("general")[:5]
    assert [one["id"] for one in said] == list(ids) and len(ids) == 5
    assert [len(one["attachments"]) for one in said] == [0, 0, 0, 0, int(may_attach)]
    if may_attach:
        assert discord.files["answer.md"].decode() == whole


async def test_17_five_parts_need_no_file(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        reply = await asked(discord, core)
        await adapter.send(Reply(reply.thread, LONG, reply.reply_to), "turn-1")
    assert [one["attachments"] for one in discord.ours("general")] == [[]] * len(split(LONG))
