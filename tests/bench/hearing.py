"""Messages a second from the adapter's callback to recorded and decided, beside bare discord.py in the same run."""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from cProfile import Profile
from pathlib import Path

import discord

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.endpoints import pointed_at
from adapters.discord.history import FIRST
from bot.app import SystemClock
from bot.settings import DiscordSettings
from bot.types import Event, Mark, Status
from tests.bench.report import Plan, Report, spread
from tests.bench.shares import shares
from tests.bench.talk import chat_lines
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.stage import stage

CHANNELS, MEMBERS = 20, 200
PATIENCE = 120.0  # seconds for one round, which takes a few


class Tally:
    """Counts what was taken in, and says when it was all."""

    def __init__(self, wanted: int):
        self._left = wanted
        self.done = asyncio.Event()

    def add(self, count: int) -> None:
        self._left -= count
        if self._left <= 0:
            self.done.set()


Ears = Callable[[FakeDiscord, Tally], AbstractAsyncContextManager[None]]


async def measure(report: Report, plan: Plan) -> None:
    messages, rounds = plan.rounds(5000, 1000), plan.rounds(7, 3)
    bare, ours = [], []
    for number in range(rounds):
        report.progress(f"round {number + 1} of {rounds}, {messages:,} messages each")
        bare.append(await _rate(_bare, messages))
        ours.append(await _rate(_cameo(plan.folder / f"round-{number}"), messages))
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    added = statistics.median(1e6 / mine - 1e6 / theirs for mine, theirs in zip(ours, bare, strict=True))
    report.figure("bare discord.py, heard", spread(bare, "messages/s"))
    report.figure("Cameo, heard + recorded + decided", spread(ours, "messages/s"))
    report.figure("Cameo : bare", spread(ratios, ": 1", 2))
    report.figure("recording and deciding cost", f"{added:,.0f} µs a message")
    report.progress("once more, profiled")
    profile = Profile()
    await _rate(_cameo(plan.folder / "profiled"), messages, profile)
    report.say(f"   where Cameo's time goes (profiled): {shares(profile)}")


async def _rate(ears: Ears, messages: int, profile: Profile | None = None) -> float:
    """Messages a second. The sender shares the process, and so slows both sides alike."""
    async with FakeDiscord() as server:
        for number in range(CHANNELS):
            server.world.channel(f"room-{number}")
        tally = Tally(messages)
        async with ears(server, tally), asyncio.timeout(PATIENCE):
            (session,) = server.sessions.values()
            frames = _frames(server, session.numbers, messages)
            if profile:
                profile.enable()
            start = time.perf_counter()
            for frame in frames:
                await session.socket.send_str(frame)
            await tally.done.wait()
            seconds = time.perf_counter() - start
            if profile:
                profile.disable()
    return messages / seconds


def _frames(server: FakeDiscord, numbers: itertools.count, count: int) -> list[str]:
    """Plain lines that nobody addresses to us, all over the channels: made before the clock starts."""
    frames, lines = [], chat_lines()
    for number in range(count):
        author = server.world.member(f"Member {number * 7 % MEMBERS}")
        said = server.world.message(server.world.find(f"room-{number % CHANNELS}"), author, next(lines))
        frames.append(json.dumps({"op": 0, "t": "MESSAGE_CREATE", "s": next(numbers), "d": server.world.event(said)}))
    return frames


class _Bare(discord.AutoShardedClient):
    """What anybody writes first."""

    tally: Tally

    async def on_message(self, message: discord.Message) -> None:
        self.tally.add(1)


@asynccontextmanager
async def _bare(server: FakeDiscord, tally: Tally) -> AsyncIterator[None]:
    intents = discord.Intents.default()
    intents.message_content = True
    client = _Bare(intents=intents, guild_ready_timeout=0.05)
    client.tally = tally
    with pointed_at(server.api_url, server.gateway_url):
        connected = asyncio.create_task(client.start(server.token))
        try:
            await _until(connected, client.is_ready)
            yield
        finally:
            await client.close()
            await _ended(connected)


def _cameo(folder: Path) -> Ears:
    """The real adapter, participant, rooms and store, on a fresh file; no model, as nobody asks us anything."""

    @asynccontextmanager
    async def ears(server: FakeDiscord, tally: Tally) -> AsyncIterator[None]:
        folder.mkdir()
        async with stage(folder, clock=SystemClock()) as on:
            ear = on.participant.ear("discord")

            async def hear(events: list[Event], mark: Mark | None = None) -> None:
                await ear(events, mark)
                tally.add(len(events))

            settings = DiscordSettings(
                enabled=True, token=server.token, api_url=server.api_url, gateway_url=server.gateway_url
            )
            state = on.store.adapter_state("discord")
            adapter = DiscordAdapter(settings, state, SystemClock(), identify_pause=0, guild_ready_timeout=0.05)
            running = asyncio.create_task(adapter.run(hear))
            try:
                await _until(running, lambda: adapter.status is Status.UP)
                while await state.get(FIRST) is None:  # until it has caught up: only then it listens
                    await asyncio.sleep(0.01)
                yield
            finally:
                running.cancel()
                await _ended(running)

    return ears


async def _until(task: asyncio.Task, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            if task.done():
                task.result()
            await asyncio.sleep(0.01)


async def _ended(task: asyncio.Task) -> None:
    with suppress(asyncio.CancelledError):
        await task
