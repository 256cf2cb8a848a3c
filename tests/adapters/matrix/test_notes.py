"""A room's topic and pinned messages, from a real homeserver and from hostile ones."""

from typing import Any

import pytest

from adapters.matrix.homeserver import Homeserver
from adapters.matrix.notes import notes_of
from bot.types import Pinned, PlatformError, Room, RoomNotes
from tests.adapters.matrix.parts import adapter_of, by_password, heard, meeting, running, said, settings_for
from tests.adapters.matrix.scripted import Answer, error, scripted
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Synapse

TOPIC, PINS = "GET rooms/!r:a/state/m.room.topic", "GET rooms/!r:a/state/m.room.pinned_events"


async def test_topic_and_pins_of_a_real_homeserver(homeserver: Synapse, core: FakeCore) -> None:
    bot, alice = await homeserver.user("cameo"), await homeserver.user("alice")
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        place = Room("matrix", "-", room)
        assert await adapter.notes(place) == RoomNotes()
        ids = [await alice.say(room, text) for text in ("rule 1", "rule 2")]
        await alice.set_state(room, "m.room.topic", {"topic": "Bread"})
        await alice.set_state(room, "m.room.pinned_events", {"pinned": [*ids, "$gone"]})
        await core.until(said("rule 2"))
        assert heard(core, "rule 2").room == place
        expected = tuple(Pinned(ids[n], alice.id, f"rule {n + 1}", alice.id) for n in (1, 0))
        assert await adapter.notes(place) == RoomNotes("Bread", expected)
        await alice.redact(room, ids[0])
        assert await adapter.notes(place) == RoomNotes("Bread", expected[:1])
        await alice.set_state(room, "m.room.history_visibility", {"history_visibility": "joined"})
        await alice.say(room, "and now")
        await core.until(said("and now"))
        assert await adapter.notes(place) == RoomNotes("Bread")


async def asked(answers: dict[str, Answer]) -> RoomNotes:
    async with scripted(lambda request, query, body: answers.get(request, error(404, "M_NOT_FOUND"))) as server:
        homeserver = Homeserver(server.url)
        try:
            return await notes_of(homeserver, "!r:a", shows_past=True)
        finally:
            await homeserver.close()


HOSTILE: list[Any] = [
    *(None, 7, [], {}, {"pinned": 7}, {"pinned": {"a": 1}}, {"pinned": [None, 7, {}, ["x"]]}, {"topic": {"a": []}}),
]


@pytest.mark.parametrize("content", HOSTILE)
async def test_what_is_no_topic_and_no_list_is_nothing(content: object) -> None:
    try:
        assert await asked({TOPIC: (200, content), PINS: (200, content)}) == RoomNotes()
    except PlatformError:
        assert not isinstance(content, dict), "an answer that is no object is the homeserver's failure"


async def test_a_homeserver_that_fails_is_told() -> None:
    with pytest.raises(PlatformError):
        await asked({TOPIC: error(502, "M_UNKNOWN")})


async def test_before_it_is_up_nothing_is_known(core: FakeCore) -> None:
    with pytest.raises(PlatformError, match="not signed in"):
        await adapter_of(settings_for("http://127.0.0.1:1"), core).notes(Room("matrix", "-", "!r:a"))
