"""Matrix from end to end: the real process, a real homeserver, people with clients of their own."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.cable import Cable
from tests.fakes.cameo import Cameo, cameo
from tests.fakes.present import present
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.synapse import Event, Synapse
from tests.whole.places import MatrixRoom, matrix_room

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the tests that only talk share one process

ALMOST_NO_TIME = 0.01  # minutes; a start of Cameo takes longer


@dataclass
class Talk:
    """A scripted model, a room with three people, and Cameo in it."""

    model: ScriptedModel
    place: MatrixRoom
    running: Cameo


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory, homeserver: Synapse) -> AsyncIterator[Talk]:
    async with ScriptedModel() as model:
        place = await matrix_room(homeserver, model.url, "talk")
        place.config["platforms"]["matrix"]["invites_from"] = [person.id for person in place.people]
        async with cameo(tmp_path_factory.mktemp("cameo"), place.config, place.environment) as running:
            await place.ready(running)
            yield Talk(model, place, running)


async def reply_to(place: MatrixRoom, asked: str) -> dict[str, Any]:
    """Our reply to a message, as another member sees it."""

    def answers(event: Event) -> bool:
        relation = event["content"].get("m.relates_to", {})
        return bool(event["sender"] == place.bot.id and relation.get("m.in_reply_to", {}).get("event_id") == asked)

    return await place.people[0].wait_for(place.room, answers)


async def test_whoever_calls_is_answered_where_they_called(talk: Talk) -> None:
    """In the room, in a thread, and in reply to us; once each, and pinging nobody."""
    place, running = talk.place, talk.running
    ana, ben, eve, *_ = place.people
    quiet = await eve.say(place.room, "I bake on Sundays")
    in_room = await ana.say(place.room, "why does rye sink?", mentions=[place.bot.id])
    in_thread = await ben.say(place.room, "and at night?", mentions=[place.bot.id], thread=quiet)
    first, threaded = await reply_to(place, in_room), await reply_to(place, in_thread)
    assert first["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": in_room}}
    relation = threaded["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"], relation["is_falling_back"]) == ("m.thread", quiet, False)
    back = await eve.say(place.room, "and wheat?", reply_to=first["event_id"])
    second = await reply_to(place, back)
    assert [one["content"]["m.mentions"] for one in (first, threaded, second)] == [{}] * 3
    said = await place.replies(running)
    assert [said[asked] for asked in (in_room, in_thread, back, quiet)] == [1, 1, 1, 0]
    assert present(await running.turn(quiet))["reason"] == "join_mentions"
    assert (await running.until_turn(back, "sent"))["reply_id"] == second["event_id"]


async def test_edited_and_redacted_words_are_gone_for_the_model(talk: Talk) -> None:
    place = talk.place
    ana, ben, *_ = place.people
    secret = await ana.say(place.room, "the secret word is zebra")
    await ana.redact(place.room, secret)
    asked = await ben.say(place.room, "is crimson a good colour?", mentions=[place.bot.id])
    await ben.edit(place.room, asked, "is teal a good colour?")
    await reply_to(place, asked)
    prompt = str(talk.model.requests[-1].messages)
    assert "teal" in prompt
    assert "crimson" not in prompt and "zebra" not in prompt
    assert (await place.replies(talk.running))[asked] == 1


async def test_an_invitation_by_a_stranger_is_declined_with_a_reason(talk: Talk, homeserver: Synapse) -> None:
    stranger, bot = await homeserver.user("stranger"), talk.place.bot
    room = await stranger.create_room(invite=[bot.id])

    def has_declined(event: Event) -> bool:
        return bool(event.get("state_key") == bot.id and event["content"].get("membership") == "leave")

    declined = await stranger.wait_for(room, has_declined)
    assert "operator" in declined["content"]["reason"]


async def test_what_was_said_while_away_is_answered_once_unless_it_is_too_old(
    tmp_path: Path, homeserver: Synapse
) -> None:
    async with ScriptedModel() as model:
        place = await matrix_room(homeserver, model.url, "away")
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            assert await running.stop() == 0
            missed = await place.say(running, "are you there?")
            await running.start()
            await running.until_turn(missed, "sent")
        old = await place.say(running, "does anybody hear me?")
        impatient = {**place.config, "catch_up_minutes": ALMOST_NO_TIME}
        async with cameo(tmp_path, impatient, place.environment) as running:
            turn = await running.until_turn(old, "silent", "sent")
            assert (turn["reason"], turn["state"]) == ("too_old", "silent")
        assert await place.replies(running) == {missed: 1}


def forget_transactions(homeserver: Synapse) -> None:
    """Makes Synapse forget transaction ids, as it does after a day: a repeated request is then a second message."""
    with contextlib.closing(sqlite3.connect(homeserver.folder / "homeserver.db")) as stored, stored:
        assert stored.execute("delete from event_txn_id_device_id").rowcount > 0


async def test_killed_between_sending_and_sent_nothing_is_said_twice(tmp_path: Path, homeserver: Synapse) -> None:
    """The homeserver accepts a reply, Cameo is killed before it learns so, and the homeserver forgets transactions."""
    async with ScriptedModel() as model, Cable(homeserver.url) as cable:
        place = await matrix_room(homeserver, model.url, "crash")
        place.config["platforms"]["matrix"]["homeserver"] = cable.url
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            cable.loses = "/send/m.room.message/"
            asked = await place.say(running, "does rye need acid?")
            await cable.lost()
            assert present(await running.turn(asked))["state"] == "sending"
            await running.kill()
            cable.loses = None
            await asyncio.to_thread(homeserver.stop)
            forget_transactions(homeserver)
            await asyncio.to_thread(homeserver.start)
            missed = await place.say(running, "and wheat?")
            await running.start()
            for trigger in (asked, missed):
                await running.until_turn(trigger, "sent")
            assert await place.replies(running) == {asked: 1, missed: 1}
