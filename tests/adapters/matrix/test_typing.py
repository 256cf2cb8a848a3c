"""Typing signs are reported, not recorded, and cause no commit."""

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.types import Event, Mark, Room, Thread
from tests.adapters.matrix.parts import JumpClock, adapter_of, by_password, meeting, running, said, settings_for
from tests.adapters.matrix.scripted import HOLD, OWN, WHO, Answer, scripted
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Synapse

ROOM = "!kitchen:localhost"


async def test_people_who_type_are_passed_on_and_we_are_not(homeserver: Synapse, core: FakeCore) -> None:
    bot, alice = await homeserver.user("cameo"), await homeserver.user("alice")
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        await adapter.typing(Thread(Room("matrix", "-", room)))
        await alice.type(room)
        async with asyncio.timeout(60):
            while (Thread(Room("matrix", "-", room)), alice.id) not in core.signs:
                await asyncio.sleep(0.01)
        await alice.say(room, "done")
        await core.until(said("done"))
    assert {person for _, person in core.signs} == {alice.id}


def typing(token: str, *people: str, room: str = ROOM) -> Answer:
    sign = {"type": "m.typing", "content": {"user_ids": list(people)}}
    return 200, {"next_batch": token, "rooms": {"join": {room: {"ephemeral": {"events": [sign]}}}}}


async def test_a_sign_alone_is_not_committed_and_the_token_comes_with_the_next_event(core: FakeCore) -> None:
    name = {"type": "m.room.name", "state_key": "", "content": {"name": "Kitchen"}}
    secret = {"type": "m.room.encryption", "state_key": "", "content": {}}
    text = {"type": "m.room.message", "event_id": "$1", "sender": "@a:localhost", "content": {}}
    rooms: dict[str, Any] = {ROOM: {"state": {"events": [name]}}, "!s:localhost": {"state": {"events": [secret]}}}
    last = {ROOM: {"timeline": {"events": [text | {"content": {"msgtype": "m.text", "body": "done"}}]}}}
    answers = {
        None: (200, {"next_batch": "s1", "rooms": {"join": rooms}}),
        "s1": typing("s2", "@a:localhost", OWN),
        "s2": typing("s3", room="!s:localhost"),
        "s3": typing("s4", "@a:localhost", room="!s:localhost"),
        "s4": (200, {"next_batch": "s5", "rooms": {"join": last}}),
    }

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request != "GET sync":
            return WHO
        assert "m.typing" in query["filter"]
        return answers.get(query.get("since"), HOLD)

    async def hear(events: Sequence[Event], mark: Mark | None = None) -> None:
        assert events, "marks alone are put, not heard"
        await core.hear(events, mark)

    async with scripted(answer) as server:
        adapter = adapter_of(settings_for(server.url, OWN, token="T"), core, JumpClock())
        async with running(adapter, core, hear):
            await core.until(said("done"))
    assert [(thread.room.id, person) for thread, person in core.signs] == [(ROOM, "@a:localhost")]
    tokens = [mark["next_batch"] for _, mark in core.commits if "next_batch" in mark]
    assert tokens == ["s1", "s5"]
