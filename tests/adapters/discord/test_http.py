"""Our HTTP client for the SDK: several side by side, any JSON, and requests that certainly had no effect."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from discord import utils
from discord.gateway import DiscordWebSocket
from discord.http import Route
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.errors import Closed, sdk_errors
from adapters.discord.gateway import LenientSocket
from adapters.discord.http import DiscordHTTP, Endpoints
from adapters.discord.json_text import without_halves
from bot.types import Blocked, NotSent, PlatformError, Reply, Undeliverable
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord

from .conftest import adapter_for, running

# --- side by side ---


async def test_two_discords_live_side_by_side() -> None:
    classes = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, utils._from_json
    first, second = FakeCore(), FakeCore()
    async with FakeDiscord("one") as one, FakeDiscord("two") as two:
        adapters = adapter_for(one, first, token="one"), adapter_for(two, second, token="two")
        async with running(adapters[0], first), running(adapters[1], second):
            for discord_, core, adapter in ((one, first, adapters[0]), (two, second, adapters[1])):
                said = await discord_.say("general", "Ada", f"half \ud83d {discord_.token}", mention=True)
                await core.until(lambda core: len(core.messages) == 1)
                await adapter.send(Reply(core.messages[0].thread, discord_.token, said["id"]), "turn-1")
            for discord_, core in ((one, first), (two, second)):  # a lost session: returns to the same gateway
                discord_.sessions, lost = {}, list(discord_.sessions.values())
                for session in lost:
                    assert session.socket
                    await session.socket.close(code=1001)
                await discord_.say("general", "Ada", "again")
                await core.until(lambda core: core.messages[-1].text == "again")
        for discord_ in (one, two):
            assert [said["content"] for said in discord_.ours("general")] == [discord_.token]
            assert (discord_.identified, discord_.unknown) == (2, [])
    assert [message.text for message in first.messages[:1]] == ["@Cameo half \ufffd one"]
    assert [message.text for message in second.messages[:1]] == ["@Cameo half \ufffd two"]
    assert classes == (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, utils._from_json), "the SDK itself is untouched"


def test_addresses_other_than_the_sdks_own_stay() -> None:
    default = f"{DiscordWebSocket.DEFAULT_GATEWAY}?v=10&encoding=json"
    there = Endpoints("http://127.0.0.1:1/api/v10/", "ws://127.0.0.1:1/gw")
    assert there.of_gateway(default) == "ws://127.0.0.1:1/gw?v=10&encoding=json"
    assert there.of_gateway("wss://eu.gateway.example/?v=10") == "wss://eu.gateway.example/?v=10", "a RESUME's"
    assert Endpoints().of_gateway(default) == default
    route = Route("GET", "/users/{user}", user=5)
    assert there.of_route(route.url) == "http://127.0.0.1:1/api/v10/users/5"
    assert Endpoints().of_route(route.url) == route.url


# --- any JSON ---

texts = st.text(st.characters() | st.sampled_from('\ud800\udbff\udc00\udfff\\u"dD8'))


@given(st.lists(texts))
def test_json_with_half_characters_can_be_read_and_all_else_stays(values: list[str]) -> None:
    whole = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in values]
    assert orjson.loads(without_halves(json.dumps(values))) == whole


@pytest.mark.parametrize("packed", [False, True])
async def test_the_gateways_frames_are_mended_packed_or_not(packed: bool) -> None:
    """In two pieces, as a long frame arrives."""
    text, pack = '{"a": "half \\ud83d", "b": "whole \\ud83d\\ude00"}', zlib.compressobj()
    frame = pack.compress(text.encode()) + pack.flush(zlib.Z_SYNC_FLUSH)

    async def serve(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if packed:
            await socket.send_bytes(frame[:9])
            await socket.send_bytes(frame[9:])
        else:
            await socket.send_str(text)
        await socket.close()
        return socket

    async with serving(serve) as url, aiohttp.ClientSession(ws_response_class=LenientSocket) as session:
        socket = await session.ws_connect(url)
        first, second = await socket.receive(), await socket.receive()
        await socket.close()
    assert first.type is aiohttp.WSMsgType.TEXT
    assert orjson.loads(first.data) == {"a": "half \ufffd", "b": "whole 😀"}
    assert second.type is aiohttp.WSMsgType.CLOSE


# --- requests that certainly had no effect ---

SEND = Route("POST", "/channels/{channel_id}/messages", channel_id=1)
SOON = {"message": "slow down", "retry_after": 0.01, "global": False}
LATE = {"message": "slow down", "retry_after": 100, "global": False}
VIA = {"Via": "1.1 google"}
GONE = "the server is gone"  # connections are refused from here on
RESET = "the connection is reset"
Step = str | tuple[int, dict[str, str], Any]


def answers(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Step:
    return status, headers or {}, body if body is not None else {"code": 0, "message": "no"}


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([GONE], NotSent),
        ([answers(401)], NotSent),
        ([answers(429)], NotSent),  # from the proxy in front of Discord
        ([answers(429, LATE, VIA)], NotSent),
        ([answers(429, SOON, VIA), GONE], NotSent),
        ([answers(502), GONE], PlatformError),  # the first request may have had its effect
        ([answers(502), answers(429)], PlatformError),
        ([RESET], PlatformError),
        ([answers(503)], PlatformError),
        ([answers(200, "<html>")], PlatformError),
        ([answers(408)], PlatformError),
        ([answers(403)], Closed),
        ([answers(404)], Closed),
        ([answers(404, {"code": 10008, "message": "gone"})], Undeliverable),  # the message, not the channel
        ([answers(403, {"code": 90001, "message": "blocked"})], Undeliverable),  # its author, not the channel
        ([answers(400, {"code": 200000, "message": "AutoMod"})], Blocked),
        ([answers(400, {"code": 160005, "message": "locked"})], Closed),
        ([answers(400)], Undeliverable),
    ],
)
async def test_what_an_error_says_of_a_message(steps: list[Step], error: type[PlatformError]) -> None:
    async with scripted(steps) as http:
        with pytest.raises(PlatformError) as problem, sdk_errors():
            await http.request(SEND, json={})
    assert type(problem.value) is error


@pytest.mark.parametrize("code", ["Ana is ill", 10**17, {"a": "Ana is ill"}, ["Ana is ill"], None])
async def test_an_error_says_nothing_in_discords_own_words(code: object) -> None:
    async with scripted([answers(400, {"code": code, "message": "Ana is ill"})]) as http:
        with pytest.raises(PlatformError) as problem, sdk_errors():
            await http.request(SEND, json={})
    assert str(problem.value) in ("Discord answered 400 (code unknown)", "Discord's answer can't be read")


async def test_without_a_session_nothing_leaves() -> None:
    async with scripted([]) as http:
        await http.close()
        with pytest.raises(NotSent), sdk_errors():
            await http.request(SEND, json={})


async def test_a_question_is_asked_again_rather_than_decided_again() -> None:
    async with scripted([GONE]) as http:
        with pytest.raises(PlatformError) as problem, sdk_errors():
            await http.request(Route("GET", "/channels/1/messages"))
    assert type(problem.value) is PlatformError


@asynccontextmanager
async def scripted(steps: list[Step]) -> AsyncIterator[DiscordHTTP]:
    """A logged-in client, whose server then gives these answers, one per request."""
    rest = list(steps)

    async def answer(request: web.Request) -> web.StreamResponse:
        step = answers(200, {}) if request.path.endswith("users/@me") else rest.pop(0)
        if isinstance(step, str):
            assert step == RESET and request.transport
            request.transport.abort()
            return web.Response()
        status, headers, said = step
        body = said if isinstance(said, str) else json.dumps(said)
        if rest[:1] == [GONE]:
            await site.stop()
        response = web.Response(status=status, headers=headers, body=body.encode(), content_type="application/json")
        response.force_close()
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    http = DiscordHTTP(asyncio.get_running_loop(), max_ratelimit_timeout=60)
    http.endpoints = Endpoints(f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10")
    try:
        await http.static_login("token")
        yield http
    finally:
        await http.close()
        await runner.cleanup()


@asynccontextmanager
async def serving(handler: Any) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
