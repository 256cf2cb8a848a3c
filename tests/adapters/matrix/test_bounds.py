"""What a homeserver may send is bounded after decompression; an honest sync that is too long is asked for in parts."""

import asyncio
import json
from collections.abc import Callable

import pytest

from adapters.matrix.homeserver import ANSWER_BYTES, Homeserver, MatrixError
from bot.types import Unavailable
from tests.adapters.matrix.parts import JumpClock, adapter_of, settings_for
from tests.adapters.matrix.scripted import HOLD, OWN, WHO, scripted
from tests.adapters.matrix.scripted import Answer as ServerAnswer
from tests.fakes.bombs import Answer, RawServer, endless, gzipped
from tests.fakes.core import FakeCore

JSON = {"Content-Type": "application/json"}
BOMB = gzipped(b'{"next_batch": "', b"x", 400)
FLOODS: dict[str, Callable[[], Answer]] = {
    "gzip": lambda: Answer(JSON | {"Content-Encoding": "gzip"}, iter([BOMB])),
    "deflate": lambda: Answer(JSON | {"Content-Encoding": "deflate"}, iter([BOMB[10:]])),
    "error": lambda: Answer(JSON | {"Content-Encoding": "gzip"}, iter([BOMB]), 502),
    "without end": lambda: Answer(JSON, endless(b"[" * 65_536)),
    "length that lies": lambda: Answer(JSON | {"Content-Length": "10"}, endless(b"x" * 65_536)),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_is_a_matrix_error(flood: str) -> None:
    server = RawServer(lambda _: FLOODS[flood]())
    async with server as url:
        homeserver = Homeserver(url)
        try:
            with pytest.raises(MatrixError):
                await homeserver.sync(None, {}, 0)
        finally:
            await homeserver.close()
    assert server.sent < 3 * ANSWER_BYTES


@pytest.mark.parametrize("flood", ["gzip", "without end"])
async def test_a_flood_as_a_file_is_unavailable(flood: str) -> None:
    async with RawServer(lambda _: FLOODS[flood]()) as url:
        homeserver = Homeserver(url)
        try:
            with pytest.raises(Unavailable, match="larger"):
                await homeserver.download("x", "abc", 1_000_000)
        finally:
            await homeserver.close()


async def test_a_sync_that_is_too_long_is_asked_for_with_fewer_events() -> None:
    limits: list[int] = []

    def answer(request: str, query: dict[str, str], body: object) -> ServerAnswer:
        if request != "GET sync":
            return WHO
        if "since" in query:
            return HOLD
        limits.append(json.loads(query["filter"])["room"]["timeline"]["limit"])
        return 200, {"next_batch": "s1", "filler": "x" * (ANSWER_BYTES // 20 * limits[-1])}

    async with scripted(answer) as server:
        core = FakeCore()
        adapter = adapter_of(settings_for(server.url, OWN, token="T"), core, JumpClock())
        running = asyncio.create_task(adapter.run(core.hear, core.typing))
        await core.until(lambda core: core.marks.get("next_batch") == "s1")
        running.cancel()
        await asyncio.wait({running})
    assert limits == [100, 10]
