"""5, 18: an answer that is shown while it is written is finished or taken away, however Cameo ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cameo import Cameo, cameo, eventually
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.whole.places import DiscordRoom, answered

ANSWER = "Rye has little gluten. It holds gas badly. So give it a tin and less water."
SHOWN = "Rye has little gluten. It holds gas badly. …"


@dataclass
class Slow:
    """A model that stops in its third sentence until `free` is set, and Cameo with `stream: true`."""

    discord: FakeDiscord
    running: Cameo
    free: asyncio.Event

    async def asked(self) -> dict[str, Any]:
        """A question whose answer is being shown."""
        said = await self.discord.say("general", "Ada", "why does rye sink?", mention=True)
        await eventually(self.shows)
        return said

    async def shows(self) -> bool:
        return self.texts() == [SHOWN]

    def texts(self) -> list[str]:
        return [one["content"] for one in self.discord.ours("general")]

    def said(self) -> list[str]:
        """The texts without the line that tells who we are, which the first answer to somebody carries."""
        return [text.split("\n\n")[0] for text in self.texts()]


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Slow]:
    free = asyncio.Event()

    async def hold(text: str) -> None:
        if "tin" in text:
            await free.wait()

    def script(request: Request) -> Say:
        return Say(ANSWER, before=hold)

    async with ScriptedModel(script) as model, FakeDiscord() as discord:
        place = DiscordRoom(model.url, discord)
        place.config["platforms"]["discord"]["stream"] = True
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            yield Slow(discord, running, free)
            free.set()
        assert discord.unknown == []


async def test_18_killed_while_it_is_shown_the_same_message_becomes_the_answer(slow: Slow) -> None:
    said = await slow.asked()
    shown = slow.discord.ours("general")[0]["id"]
    await slow.running.kill()
    slow.free.set()
    await slow.running.start()
    assert (await slow.running.until_turn(said["id"], "sent"))["reply_id"] == shown
    assert slow.said() == [ANSWER]
    assert [answered(one) for one in slow.discord.ours("general")] == [said["id"]]


async def test_05_at_a_shutdown_nothing_unfinished_is_left(slow: Slow) -> None:
    said = await slow.asked()
    begun = time.monotonic()
    stopping = asyncio.create_task(slow.running.stop())
    assert await stopping == 0
    assert time.monotonic() - begun < 30, "ten seconds on a machine that is not busy"
    assert SHOWN not in slow.texts()
    typed = len(slow.discord.calls("POST", "/typing"))
    slow.free.set()
    await slow.running.start()
    await slow.running.until_turn(said["id"], "sent")
    assert slow.said() == [ANSWER] and len(slow.discord.calls("POST", "/typing")) >= typed
