"""Several platforms in one process: one that is down, refused or off does not stop the others."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from tests.fakes.cameo import Cameo, cameo, eventually, scripted
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.present import present
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.synapse import Synapse
from tests.fakes.waiting import PATIENCE
from tests.whole.places import DiscordRoom, answered, discord_environment, knows_its_beginning, matrix_room

WRONG = "a-wrong-token"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def black_hole() -> AsyncIterator[int]:
    """A port that accepts connections and never answers."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(-1)
        finally:
            writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def health(running: Cameo) -> dict[str, str]:
    answer = await present(running.http).get("healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    return cast(dict[str, str], answer.json()["platforms"])


async def answers_here(running: Cameo) -> bool:
    """Checks that the local community works: a call is answered."""
    said = await running.post("workshop", "Noor", "@mochi are you there?")
    await running.until_turn(said["id"], "sent")
    return len((await running.replies("workshop"))[said["id"]]) == 1


async def test_platforms_that_are_away_neither_stop_nor_delay_the_others(tmp_path: Path) -> None:
    """The homeserver is unreachable, and Discord accepts the connection and then sends nothing."""
    matrix = {"enabled": True, "homeserver": f"http://127.0.0.1:{closed_port()}", "user": "@cameo:localhost"}
    async with ScriptedModel() as model, black_hole() as port:
        config = scripted(model.url, platforms={"matrix": matrix, "discord": {"enabled": True}})
        silent = {"DISCORD_API_URL": f"http://127.0.0.1:{port}/api/v10", "DISCORD_TOKEN": "t", "MATRIX_TOKEN": "t"}
        async with cameo(tmp_path, config, silent) as running:
            assert await answers_here(running)

            async def matrix_is_down() -> bool:
                return (await health(running))["matrix"] == "down"

            await eventually(matrix_is_down)
            found = await health(running)
            assert found["local"] == "up" and found["discord"] in ("starting", "down")
            assert any(line["event"] == "matrix_away" for line in running.logged())
            assert await running.stop() == 0


async def test_a_refused_token_stops_its_platform_with_one_line(tmp_path: Path) -> None:
    async with ScriptedModel() as model, FakeDiscord() as discord:
        config = scripted(model.url, platforms={"discord": {"enabled": True}})
        async with cameo(tmp_path, config, discord_environment(discord, WRONG)) as running:

            async def is_refused() -> bool:
                return (await health(running)).get("discord") == "refused"

            await eventually(is_refused)
            assert await answers_here(running)
            assert await health(running) == {"local": "up", "discord": "refused"}  # Matrix is off, so it is not listed
            assert len(discord.requests) == 1, "a token that is refused is not tried again"
        [refused] = [line for line in running.logged() if line["event"] == "platform.refused"]
        assert (refused["level"], refused["platform"]) == ("error", "discord")
        assert "token" in refused["why"]
        log = running.log.read_text() + running.terminal.read_text()
        assert "Traceback" not in log and WRONG not in log


async def test_when_the_only_platform_refuses_us_the_process_ends_with_3(tmp_path: Path) -> None:
    platforms = {"local": {"enabled": False}, "discord": {"enabled": True}}
    async with ScriptedModel() as model, FakeDiscord() as discord:
        config = scripted(model.url, platforms=platforms)
        async with cameo(tmp_path, config, discord_environment(discord, WRONG)) as running, asyncio.timeout(PATIENCE):
            assert await present(running.process).wait() == 3
        assert [line["event"] for line in running.logged() if line["level"] == "error"] == ["platform.refused"]
        assert "Traceback" not in running.log.read_text() + running.terminal.read_text()


async def test_discord_and_matrix_at_once_each_answered_in_its_place(tmp_path: Path, homeserver: Synapse) -> None:
    async with ScriptedModel() as model, FakeDiscord() as discord:
        on_matrix, on_discord = await matrix_room(homeserver, model.url, "both"), DiscordRoom(model.url, discord)
        platforms = {**on_matrix.config["platforms"], "discord": {"enabled": True}}
        environment = {**on_matrix.environment, **on_discord.environment}
        async with cameo(tmp_path, {**on_matrix.config, "platforms": platforms}, environment) as running:
            await on_matrix.ready(running)
            await eventually(lambda: knows_its_beginning(running))
            there = await on_matrix.say(running, "what is said on Matrix?")
            here = await on_discord.say(running, "what is said on Discord?")
            for asked in (there, here):
                await running.until_turn(asked, "sent")
            assert await on_matrix.replies(running) == {there: 1}
            assert [answered(said) for said in discord.ours("general")] == [here]
            assert await health(running) == {"discord": "up", "matrix": "up"}
            for request in model.requests:  # messages of one platform must not reach the other's prompts
                prompt = json.dumps(request.messages)
                assert ("said on Matrix" in prompt) != ("said on Discord" in prompt)
