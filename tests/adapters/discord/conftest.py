"""An adapter on a fake Discord, with a fake core."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.history import FIRST
from adapters.discord.settings import DiscordSettings
from bot.types import AdapterState, Clock, Event, Hear, Mark, Status, Thread
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.waiting import until


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def settings_for(discord: FakeDiscord | None = None, **more: Any) -> DiscordSettings:
    where = {"api_url": discord.api_url, "gateway_url": discord.gateway_url} if discord else {}
    return DiscordSettings(**{"token": "loopback-token", **where, **more})


class Core(Protocol):
    """Receives an adapter's events and marks."""

    @property
    def marks(self) -> Mapping[str, str | None]: ...

    async def hear(self, events: Sequence[Event], mark: Mark | None = None) -> None: ...

    def typing(self, thread: Thread, person: str) -> None: ...


def adapter_for(
    discord: FakeDiscord, core: AdapterState, clock: Clock | None = None, **settings: Any
) -> DiscordAdapter:
    """Shortens the SDK's own pauses (five seconds between sessions, two for the list of communities)."""
    return DiscordAdapter(
        settings_for(discord, **settings), core, clock or RealClock(), identify_pause=0, guild_ready_timeout=0.05
    )


@asynccontextmanager
async def running(adapter: DiscordAdapter, core: Core, hear: Hear | None = None) -> AsyncIterator[None]:
    """The running adapter, caught up; cancelled at the end, as at a shutdown."""
    task = asyncio.create_task(adapter.run(hear or core.hear, core.typing))
    try:
        await until(lambda: task.done() or (adapter.status is Status.UP and FIRST in core.marks))
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        yield server
        assert server.unknown == [], "the adapter asked for what the fake Discord doesn't know"
