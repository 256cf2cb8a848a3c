"""Discord from end to end: the real process with the real discord.py, on a fake Discord."""

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.cameo import Cameo, cameo, eventually
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM
from tests.fakes.present import present
from tests.fakes.scripted_model import ScriptedModel
from tests.whole.places import DiscordRoom, answered

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the tests that only talk share one process

PAST_THE_NONCE_WINDOW = timedelta(minutes=3)


@dataclass
class Talk:
    """A scripted model, a fake Discord with a forum, and Cameo on it."""

    model: ScriptedModel
    discord: FakeDiscord
    running: Cameo


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    async with ScriptedModel() as model, FakeDiscord() as discord:
        discord.world.channel("recipes", FORUM)
        place = DiscordRoom(model.url, discord)
        async with cameo(tmp_path_factory.mktemp("cameo"), place.config, place.environment) as running:
            await place.ready(running)
            yield Talk(model, discord, running)
        assert discord.unknown == [], "Cameo asked for what the fake Discord doesn't know"


async def reply_to(discord: FakeDiscord, said: dict[str, Any]) -> dict[str, Any]:
    """Our reply in the same channel."""

    async def stands() -> dict[str, Any] | None:
        return next((one for one in discord.ours(said["channel_id"]) if answered(one) == said["id"]), None)

    return await eventually(stands)


def replies(discord: FakeDiscord) -> list[str | None]:
    """The ids of the messages that we have answered anywhere, one per reply."""
    return [answered(one) for said in discord.world.messages.values() for one in said if one["author"]["bot"]]


def stored(running: Cameo, words: str) -> int:
    """The number of stored messages and turns with these words."""
    with contextlib.closing(sqlite3.connect(f"file:{running.config['database']}?mode=ro", uri=True)) as database:
        asked = "select count(*) from (select text || parts as said from messages union all select text from turns)"
        return int(database.execute(f"{asked} where said like ?", (f"%{words}%",)).fetchone()[0])


async def test_whoever_calls_is_answered_where_they_called(talk: Talk) -> None:
    """In the channel, in a thread, in a forum post, and in reply to us; once each, and pinging nobody."""
    discord, running = talk.discord, talk.running
    quiet = await discord.say("general", "Eve", "I bake on Sundays")
    called = await discord.say("general", "Ana", "why does rye sink?", mention=True)
    grown = await discord.thread("general", "night bakers", "Ben", "who is awake?", mention=True)
    post = await discord.thread("recipes", "Rye for beginners", "Eve", "how much acid?", mention=True)
    first = await reply_to(discord, called)
    await reply_to(discord, grown)
    await reply_to(discord, post)
    back = await discord.say("general", "Eve", "and wheat?", reply_to=first["id"])
    second = await reply_to(discord, back)
    assert (await running.until_turn(back["id"], "sent"))["reply_id"] == second["id"]
    assert present(await running.turn(quiet["id"]))["reason"] == "join_mentions"
    assert present(await running.turn(post["id"]))["thread"] == post["channel_id"]
    assert [replies(discord).count(said["id"]) for said in (called, grown, post, back, quiet)] == [1, 1, 1, 1, 0]
    for body in discord.calls("POST", "/messages"):
        assert body["allowed_mentions"] == {"parse": []}  # with that, Discord does not ping the answered author either


async def test_edited_and_deleted_words_are_gone_for_the_model(talk: Talk) -> None:
    discord = talk.discord
    secret = await discord.say("general", "Ana", "the secret word is zebra")
    await discord.delete(secret["id"])
    asked = await discord.say("general", "Ben", "is crimson a good colour?", mention=True)
    await discord.edit(asked["id"], f"<@{discord.world.bot['id']}> is teal a good colour?")
    await reply_to(discord, asked)
    prompt = str(talk.model.requests[-1].messages)
    assert "teal" in prompt
    assert "crimson" not in prompt and "zebra" not in prompt
    assert replies(discord).count(asked["id"]) == 1


async def test_a_deleted_post_is_gone_for_the_model_and_from_the_file(talk: Talk) -> None:
    discord, running = talk.discord, talk.running
    post = await discord.thread("recipes", "A zeppelin", "Ana", "my zeppelin is made of quark", mention=True)
    await reply_to(discord, post)
    await running.until_turn(post["id"], "sent")
    assert stored(running, "zeppelin") > 0
    thread = discord.world.channels[post["channel_id"]]
    await discord.emit("THREAD_DELETE", {key: thread[key] for key in ("id", "guild_id", "parent_id", "type")})

    async def is_gone() -> bool:
        return stored(running, "zeppelin") == 0

    await eventually(is_gone)
    asked = await discord.thread("recipes", "And you?", "Ben", "what is a zeppelin made of?", mention=True)
    await reply_to(discord, asked)
    assert "quark" not in str(talk.model.requests[-1].messages)


async def test_a_replayed_event_is_answered_once(talk: Talk) -> None:
    """The connection drops, is resumed, and the gateway repeats earlier events."""
    discord = talk.discord
    asked = await discord.say("general", "Noor", "why does rye sink?", mention=True)
    await reply_to(discord, asked)
    await discord.drop(1001)
    during = await discord.say("general", "Kim", "and wheat?", mention=True)
    for said in (asked, during):
        await discord.emit("MESSAGE_CREATE", discord.world.event(said))
    await talk.running.until_turn(during["id"], "sent")
    assert (discord.identified, discord.resumed) == (1, 1)
    assert [replies(discord).count(said["id"]) for said in (asked, during)] == [1, 1]


async def test_killed_while_sending_and_away_for_a_while_each_is_answered_once(tmp_path: Path) -> None:
    """When Cameo is killed, one reply was sent without Cameo learning it, one never arrived, and one question is asked
    meanwhile. After the restart, Discord no longer knows the nonces."""
    async with ScriptedModel() as model, FakeDiscord() as discord:
        place = DiscordRoom(model.url, discord)
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            stands, refused = (f"^channels/{discord.world.find(name)}/messages" for name in ("general", "kitchen"))
            discord.fail("POST", stands, 500, times=1000, after=True)
            discord.fail("POST", refused, 500, times=1000)
            taken = await discord.say("general", "Ana", "why does rye sink?", mention=True)
            untaken = await discord.say("kitchen", "Ben", "why does wheat rise?", mention=True)

            async def both_were_tried() -> bool:
                tried = [path for method, path, _ in discord.requests if method == "POST"]
                return all(any(re.search(fault, path) for path in tried) for fault in (stands, refused))

            await eventually(both_were_tried)
            assert [present(await running.turn(said["id"]))["state"] for said in (taken, untaken)] == [
                "sending",
                "sending",
            ]
            await running.kill()
            assert (len(discord.ours("general")), len(discord.ours("kitchen"))) == (1, 0)
            discord.faults.clear()
            missed = await discord.say("general", "Eve", "are you there?", mention=True)
            discord.world.ahead += PAST_THE_NONCE_WINDOW
            await running.start()
            for said in (taken, untaken, missed):
                await running.until_turn(said["id"], "sent")
            assert sorted(map(answered, discord.ours("general"))) == sorted((taken["id"], missed["id"]))
            assert [answered(said) for said in discord.ours("kitchen")] == [untaken["id"]]


async def test_killed_within_the_nonce_window_nothing_is_said_twice(tmp_path: Path) -> None:
    async with ScriptedModel() as model, FakeDiscord() as discord:
        place = DiscordRoom(model.url, discord)
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            discord.fail("POST", "/messages$", 500, times=1000, after=True)
            asked = await place.say(running, "why does rye sink?")
            await eventually(lambda: place.replies(running))
            await running.kill()
            discord.faults.clear()
            await running.start()
            await running.until_turn(asked, "sent")
            assert await place.replies(running) == {asked: 1}
