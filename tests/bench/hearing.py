"""Messages a second from the adapter's callback to recorded and decided, beside bare discord.py in the same run."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from cProfile import Profile
from pathlib import Path

import discord

from adapters.discord.endpoints import pointed_at
from bot.app import SystemClock
from bot.types import Event, Hear, Mark
from tests.adapters.discord.conftest import adapter_for, running, until
from tests.bench.report import Report, spread
from tests.bench.shares import shares
from tests.bench.talk import lines
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.stage import stage

CHANNELS, MEMBERS = 20, 200
PATIENCE = 120.0  # seconds for one round, which takes a few


class Tally:
    """Counts what was taken in, says when it was all, and can stand before a core's ear."""

    def __init__(self, wanted: int):
        self._left, self.done = wanted, asyncio.Event()
        self.marks: dict[str, str | None] = {}
        self.ear: Hear | None = None

    def add(self, count: int) -> None:
        self._left -= count
        if self._left <= 0:
            self.done.set()

    async def hear(self, events: Sequence[Event], mark: Mark | None = None) -> None:
        assert self.ear
        await self.ear(events, mark)
        self.marks.update(mark or {})
        self.add(len(events))


Ears = Callable[[FakeDiscord, Tally], AbstractAsyncContextManager[None]]


async def measure(report: Report) -> None:
    messages, rounds = report.rounds(5000, 1000), report.rounds(7, 3)
    bare, ours = [], []
    for number in range(rounds):
        report.progress(f"round {number + 1} of {rounds}, {messages:,} messages each")
        bare.append(await _rate(_bare, messages))
        ours.append(await _rate(_cameo(report.folder / f"round-{number}"), messages))
    pairs = list(zip(ours, bare, strict=True))
    added = statistics.median(1e6 / mine - 1e6 / theirs for mine, theirs in pairs)
    report.figure("bare discord.py, heard", spread(bare, "messages/s"))
    report.figure("Cameo, heard + recorded + decided", spread(ours, "messages/s"))
    report.figure("Cameo : bare", spread([mine / theirs for mine, theirs in pairs], ": 1", 2))
    report.figure("recording and deciding cost", f"{added:,.0f} µs a message")
    profile = Profile()
    await _rate(_cameo(report.folder / "profiled"), messages, profile)
    report.say(f"   where Cameo's time goes, roughly: {shares(profile)}")


async def _rate(ears: Ears, messages: int, profile: Profile | None = None) -> float:
    """Messages a second. The sender shares the process, and so slows both sides alike."""
    async with FakeDiscord() as server:
        for number in range(CHANNELS):
            server.world.channel(f"room-{number}")
        tally = Tally(messages)
        async with ears(server, tally), asyncio.timeout(PATIENCE):
            (session,) = server.sessions.values()
            frames = [_frame(server, next(session.numbers), *said) for said in enumerate(lines(messages))]
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


def _frame(server: FakeDiscord, sequence: int, number: int, text: str) -> str:
    """A plain line that nobody addresses to us, in one of the channels: made before the clock starts."""
    channel, author = server.world.find(f"room-{number % CHANNELS}"), server.world.member(f"Member {number % MEMBERS}")
    said = server.world.event(server.world.message(channel, author, text))
    return json.dumps({"op": 0, "t": "MESSAGE_CREATE", "s": sequence, "d": said})


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
        async with client, asyncio.TaskGroup() as connected:
            connected.create_task(client.start(server.token))
            await until(client.is_ready)
            yield
            await client.close()


def _cameo(folder: Path) -> Ears:
    """The real adapter, participant, rooms and store, on a fresh file; no model, as nobody asks us anything."""

    @asynccontextmanager
    async def ears(server: FakeDiscord, tally: Tally) -> AsyncIterator[None]:
        folder.mkdir()
        async with stage(folder, clock=SystemClock()) as on:
            tally.ear = on.participant.ear("discord")
            async with running(adapter_for(server, on.store.adapter_state("discord")), tally):
                yield

    return ears
