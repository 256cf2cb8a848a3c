"""Files are fetched on demand, completely or not at all."""

from typing import Any

import pytest

from bot.types import PlatformError, Room, Thread, Unavailable
from tests.adapters.matrix.parts import JumpClock, adapter_of, by_password, heard, meeting, running, said, settings_for
from tests.adapters.matrix.scripted import HOLD, OWN, WHO, Answer, error, scripted
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Synapse

LOAF = b"\x89PNG" + bytes(range(256)) * 1_000
ROOM, THREAD = "!kitchen:localhost", Thread(Room("matrix", "-", "!kitchen:localhost"))
NEW, OLD = "GET /_matrix/client/v1/media/download/localhost/abc", "GET /_matrix/media/v3/download/localhost/abc"


async def test_a_file_is_read_whole_from_a_real_homeserver(homeserver: Synapse, core: FakeCore) -> None:
    bot, alice = await homeserver.user("cameo"), await homeserver.user("alice")
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        info = {"mimetype": "image/png", "size": 3}
        file = {"msgtype": "m.image", "body": "my loaf", "filename": "loaf.png", "info": info}
        await alice.send(room, file | {"url": await alice.upload(LOAF)})
        await core.until(said("my loaf"))
        message = heard(core, "my loaf")
        assert await adapter.fetch(message.thread, message.id, 0, len(LOAF)) == LOAF
        with pytest.raises(Unavailable, match="larger"):
            await adapter.fetch(message.thread, message.id, 0, len(LOAF) - 1)
        with pytest.raises(Unavailable, match="no file"):
            await adapter.fetch(message.thread, message.id, 1, len(LOAF))
        with pytest.raises(Unavailable, match="M_NOT_FOUND"):
            await adapter.fetch(message.thread, "$never-said", 0, len(LOAF))
        await alice.redact(room, message.id)
        with pytest.raises(Unavailable):
            await adapter.fetch(message.thread, message.id, 0, len(LOAF))
    assert "mxc://" not in repr(core.commits)


def image(**more: Any) -> dict[str, Any]:
    content = {"msgtype": "m.image", "body": "loaf.png", "url": "mxc://localhost/abc", **more}
    return {"type": "m.room.message", "event_id": "$1", "sender": "@a:localhost", "content": content}


async def fetched(answers: dict[str, Answer], event: Answer | None = None) -> tuple[bytes, list[str]]:
    """The fetched bytes and the requests made, for these answers of the homeserver."""

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request.endswith("/event/$1"):
            return event or (200, image())
        if request == "GET sync":
            return HOLD if "since" in query else (200, {"next_batch": "s1"})
        return answers.get(request, WHO)

    async with scripted(answer) as server:
        adapter = adapter_of(settings_for(server.url, OWN, token="T"), core := FakeCore(), JumpClock())
        async with running(adapter, core):
            data = await adapter.fetch(THREAD, "$1", 0, 100_000)
    return data, [request for request in server.requests if "media" in request]


async def test_an_older_homeserver_is_asked_in_the_older_way() -> None:
    for unknown in (error(404, "M_UNRECOGNIZED"), error(405, "M_UNRECOGNIZED"), (404, "<html>")):
        assert await fetched({NEW: unknown, OLD: (200, b"png")}) == (b"png", [NEW, OLD])
    assert await fetched({NEW: (200, b"png")}) == (b"png", [NEW])


@pytest.mark.parametrize(
    ("answers", "event", "raised"),
    [
        ({NEW: error(404, "M_NOT_FOUND"), OLD: error(404, "M_NOT_FOUND")}, None, Unavailable),
        ({NEW: error(403, "M_FORBIDDEN")}, None, Unavailable),
        ({NEW: (200, b"x" * 100_001)}, None, Unavailable),
        ({}, (200, image(url=None, file={"url": "mxc://localhost/abc"})), Unavailable),  # encrypted
        ({}, (200, image(url="https://evil.example/abc")), Unavailable),
        ({}, (200, image() | {"type": "m.room.encrypted"}), Unavailable),
        ({}, (200, image(msgtype="m.text")), Unavailable),
        ({}, (200, {}), Unavailable),
        ({}, error(404, "M_NOT_FOUND"), Unavailable),
        ({}, error(403, "M_FORBIDDEN"), Unavailable),
        ({}, error(502, "M_UNKNOWN"), PlatformError),
        ({NEW: error(502, "M_UNKNOWN")}, None, PlatformError),
        ({NEW: error(429, "M_LIMIT_EXCEEDED")}, None, PlatformError),
    ],
)
async def test_what_cannot_be_had(
    answers: dict[str, Answer], event: Answer | None, raised: type[PlatformError]
) -> None:
    with pytest.raises(PlatformError) as problem:
        await fetched(answers, event)
    assert isinstance(problem.value, Unavailable) is (raised is Unavailable)


async def test_before_it_is_up_nothing_can_be_fetched(core: FakeCore) -> None:
    with pytest.raises(PlatformError, match="not signed in"):
        await adapter_of(settings_for("http://127.0.0.1:1"), core).fetch(THREAD, "$1", 0, 9)
