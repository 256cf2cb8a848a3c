"""`POST /api/commands`, on the real core: a command as one would type it, and its answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.commands.console_door import ConsoleDoor
from bot.commands.door import CONSOLE
from bot.console.auth import Auth
from bot.console.commands_api import MAX_COMMAND_BODY, commands_router
from bot.console.web import build_app
from tests.commands.asking import ROOM
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import post

TOKEN = "a-token-for-tests"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, chat_settings="all") as on:
        yield on


@pytest.fixture
async def api(on: Stage) -> AsyncIterator[httpx.AsyncClient]:
    door = ConsoleDoor(on.store, on.participant.hear, lambda: [ROOM], on.clock)
    on.commands.outlets[CONSOLE] = door.answer
    app = Auth(build_app(lambda: {}, [commands_router(door)]), TOKEN, ("testserver",))
    headers = {"authorization": f"Bearer {TOKEN}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        yield client


async def told(api: httpx.AsyncClient, text: str, room: str = "local/home/workshop", **more: Any) -> tuple[int, Any]:
    answer = await api.post("/api/commands", json={"text": text, "room": room, **more})
    found = answer.json()
    return answer.status_code, found.get("answer") or found.get("error")


async def test_the_operator_can_ask_and_choose(on: Stage, api: httpx.AsyncClient) -> None:
    status, text = await told(api, "room voice 10%")
    assert status == 200 and text.startswith("Done, in this room.") and "`./cameo undo`" in text
    assert on.rooms.rule(ROOM).share_of_voice == 0.1
    assert on.platform.answers == {} and on.platform.said() == [], "nobody on the platform hears of it"
    assert "share of voice: 0.1" in (await told(api, "status"))[1]
    assert (await told(api, "帮助", language="zh"))[1].startswith("你可以")


async def test_the_same_key_uses_a_command_once(on: Stage, api: httpx.AsyncClient) -> None:
    first, second = await asyncio.gather(*(told(api, "room voice 10%", key="k1") for _ in range(2)))
    assert first == second and first[1].startswith("Done")
    assert len(await on.choices.log(ROOM)) == 1


@pytest.mark.parametrize("room", ["local/home/workshop", "LOCAL/Home/Workshop", "workshop"])
async def test_a_room_is_found_by_its_names(api: httpx.AsyncClient, room: str) -> None:
    assert (await told(api, "status", room))[1].startswith("In force in workshop")


async def test_a_file_comes_with_the_answer(on: Stage, api: httpx.AsyncClient) -> None:
    answer = (await api.post("/api/commands", json={"text": "privacy export", "room": "workshop"})).json()
    assert answer["file"]["name"].endswith(".json") and answer["file"]["base64"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"text": "mute 1h"}, 400, "name the room"),
        ({"text": "mute 1h", "room": "nowhere/x/y"}, 404, "no room"),
        ({"text": "status", "room": "x" * 5000}, 404, "no room"),
        ({"room": "workshop"}, 400, "text is missing"),
        ({"text": 1}, 400, "must be a string"),
        ({"text": "x" * MAX_COMMAND_BODY}, 400, "over"),
        ([], 400, "JSON object"),
    ],
)
async def test_a_bad_call_gets_one_sentence(api: httpx.AsyncClient, body: Any, status: int, said: str) -> None:
    answer = await api.post("/api/commands", json=body)
    assert answer.status_code == status and said in answer.json()["error"]


async def test_bytes_that_are_no_json_are_refused(api: httpx.AsyncClient) -> None:
    for content in (b"", b"{", b"\xff", b"[" * 15_000):
        assert (await api.post("/api/commands", content=content)).status_code == 400


async def test_without_the_token_nothing_is_asked(on: Stage, api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/commands", json={"text": "help"}, headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 401


async def test_several_rooms_of_one_name_are_told_apart(on: Stage, api: httpx.AsyncClient) -> None:
    from bot.types import Room

    await on.hear([post("m1", "Ben", "hi", room=Room("local", "away", "workshop", "workshop", "Away"))])
    assert (await told(api, "status", "workshop"))[0] == 404
    assert (await told(api, "status", "local/away/workshop"))[0] == 200
