"""The real core and adapter on a fake Discord, in one process and on a clock that runs ahead of the real one."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.history import FIRST
from adapters.discord.settings import DiscordSettings
from bot.live.supervisor import Supervisor
from bot.remember.store import Store
from bot.types import Clock, Status
from tests.fakes.clock import VirtualClock
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import Json
from tests.fakes.stage import Stage, stage
from tests.fakes.waiting import PATIENCE, until

STEP, PAUSE = 0.25, 0.01  # virtual and real seconds: 25 times as fast


def answers(discord: FakeDiscord, said: Json) -> list[str]:
    """Our texts that answer a message, wherever they are."""
    ours = [one for room in discord.world.messages.values() for one in room if one["author"] is discord.world.bot]
    return [one["content"] for one in ours if one.get("message_reference", {}).get("message_id") == said["id"]]


class DiscordHouse:
    """`on` is the core, with a fake writer."""

    def __init__(self, discord: FakeDiscord, on: Stage, adapter: DiscordAdapter):
        self.discord, self.on, self.adapter = discord, on, adapter
        self.people = 0

    async def ask(self, channel: str = "general", text: str = "why does rye sink?") -> Json:
        """Calls us as somebody who has not spoken before, so that nothing is merged."""
        self.people += 1
        return await self.discord.say(channel, f"Member {self.people}", text, mention=True)

    async def until_answered(self, asked: Iterable[Json]) -> None:
        """Waits until each question has its answer, and its turn has ended."""
        for said in asked:
            await until(lambda said=said: answers(self.discord, said))  # type: ignore[misc]
            async with asyncio.timeout(PATIENCE):
                while not ((turn := await self.on.store.turn("discord", said["id"])) and turn.state == "sent"):
                    await asyncio.sleep(0.005)


@asynccontextmanager
async def discord_house(
    path: Path,
    discord: FakeDiscord,
    clock: VirtualClock | None = None,
    rule: dict[str, Any] | None = None,
    *,
    stream: bool = False,
    **more: Any,
) -> AsyncIterator[DiscordHouse]:
    """`more` are the adapter's options; `rule` is that of all rooms but the kitchen."""

    def opened(store: Store, clock: Clock) -> DiscordAdapter:
        where: dict[str, Any] = {"api_url": discord.api_url, "gateway_url": discord.gateway_url}
        settings = DiscordSettings(token=discord.token, stream=stream, **where)
        more.setdefault("guild_ready_timeout", 0.05)
        return DiscordAdapter(settings, store.adapter_state("discord"), clock, identify_pause=0, **more)

    clock = clock or VirtualClock(discord.world.now())
    async with stage(path, clock, adapter=opened, **(rule or {})) as on:
        adapter = on.course._adapters["discord"]
        assert isinstance(adapter, DiscordAdapter)
        supervisor = Supervisor({"discord": adapter}, clock)
        tasks = [
            asyncio.create_task(supervisor.run({"discord": on.hear})),
            asyncio.create_task(running_ahead(clock, discord)),
        ]
        try:
            await until(lambda: adapter.status is Status.UP)
            async with asyncio.timeout(PATIENCE):
                while not await on.store.adapter_state("discord").get(FIRST):  # what is said before that is history
                    await asyncio.sleep(0.005)
            yield DiscordHouse(discord, on, adapter)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)


async def running_ahead(clock: VirtualClock, discord: FakeDiscord) -> None:
    """Moves the clock, and Discord's with it. They move with the event loop, so a slow machine slows them, too."""
    while True:
        await clock.advance(STEP)
        discord.world.ahead = clock.now() - datetime.now(UTC)
        await asyncio.sleep(PAUSE)
