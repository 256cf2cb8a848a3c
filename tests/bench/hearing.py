"""Messages a second from the adapter's callback to recorded and decided, compared with bare discord.py in the same
run."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from cProfile import Profile
from dataclasses import dataclass
from pathlib import Path

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.live.system_clock import SystemClock
from bot.types import AdapterState, Event, Hear, Mark, Thread
from tests.adapters.discord.conftest import adapter_for, running
from tests.bench.report import Report, spread
from tests.bench.shares import shares
from tests.bench.talk import lines
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.stage import stage
from tests.fakes.waiting import until

CHANNELS, MEMBERS = 20, 200
PATIENCE = 120.0  # seconds for one round, which usually takes a few


@dataclass(frozen=True)
class Round:
    """Messages a second, and CPU seconds per message, which a busy machine disturbs less."""

    rate: float
    cpu: float


class Tally:
    """Counts messages and signals when all have come; can wrap the `hear` of a core."""

    def __init__(self, wanted: int):
        self._left, self.done = wanted, asyncio.Event()
        self.marks: dict[str, str | None] = {}
        self.ear: Hear | None = None

    def typing(self, thread: Thread, person: str) -> None:
        """Nobody types here."""

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
        bare.append(await _round(_bare, messages))
        ours.append(await _round(_cameo(report.folder / f"round-{number}"), messages))
    ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]
    report.figure("bare discord.py, heard", spread([one.rate for one in bare], "messages/s"))
    report.figure("Cameo, heard + recorded + decided", spread([one.rate for one in ours], "messages/s"))
    report.figure("Cameo : bare", spread(ratios, ": 1", 2))
    report.figure("bare discord.py, processor time a message", spread([one.cpu * 1e6 for one in bare], "µs"))
    report.figure("Cameo, processor time a message", spread([one.cpu * 1e6 for one in ours], "µs"))
    profile = Profile()
    await _round(_cameo(report.folder / "profiled"), messages, profile)
    report.say(f"   where Cameo's time goes, roughly: {shares(profile)}")


async def _round(ears: Ears, messages: int, profile: Profile | None = None) -> Round:
    """The sender shares the process, so it slows both sides alike."""
    async with FakeDiscord() as server:
        for number in range(CHANNELS):
            server.world.channel(f"room-{number}")
        tally = Tally(messages)
        async with ears(server, tally), asyncio.timeout(PATIENCE):
            (session,) = server.sessions.values()
            socket = session.socket
            assert socket is not None
            frames = [_frame(server, next(session.numbers), *said) for said in enumerate(lines(messages))]
            if profile:
                profile.enable()
            start, cpu = time.perf_counter(), time.process_time()
            for frame in frames:
                await socket.send_str(frame)
            await tally.done.wait()
            seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
            if profile:
                profile.disable()
    return Round(messages / seconds, cpu / messages)


def _frame(server: FakeDiscord, sequence: int, number: int, text: str) -> str:
    """A plain message that is not addressed to us, in one of the channels; made before the clock starts."""
    channel, author = server.world.find(f"room-{number % CHANNELS}"), server.world.member(f"Member {number % MEMBERS}")
    said = server.world.event(server.world.message(channel, author, text))
    return json.dumps({"op": 0, "t": "MESSAGE_CREATE", "s": sequence, "d": said})


class _Bare(discord.AutoShardedClient):
    """The simplest client that anybody would write."""

    tally: Tally

    async def on_message(self, message: discord.Message) -> None:
        self.tally.add(1)


@contextmanager
def _pointed_at(server: FakeDiscord) -> Iterator[None]:
    """The SDK keeps its addresses in its classes."""
    api, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api_url, yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api, gateway


@asynccontextmanager
async def _bare(server: FakeDiscord, tally: Tally) -> AsyncIterator[None]:
    intents = discord.Intents.default()
    intents.message_content = True
    client = _Bare(intents=intents, guild_ready_timeout=0.05)
    client.tally = tally
    with _pointed_at(server):
        async with client, asyncio.TaskGroup() as connected:
            connected.create_task(client.start(server.token))
            await until(client.is_ready)
            yield
            await client.close()


class _Noting:
    """An adapter's state that shows the tally what was put."""

    def __init__(self, state: AdapterState, tally: Tally):
        self._tally = tally
        self._state = state
        self.get, self.scan = state.get, state.scan

    async def put(self, values: Mark) -> None:
        await self._state.put(values)
        self._tally.marks.update(values)


def _cameo(folder: Path) -> Ears:
    """The real adapter, participant, rooms and store, on a new file; without a model, because nobody addresses us."""

    @asynccontextmanager
    async def ears(server: FakeDiscord, tally: Tally) -> AsyncIterator[None]:
        folder.mkdir()
        async with stage(folder, clock=SystemClock()) as on:  # type: ignore[arg-type]  # only here it runs in real time
            tally.ear = on.participant.ear("discord")
            state = _Noting(on.store.adapter_state("discord"), tally)
            async with running(adapter_for(server, state), tally):
                yield

    return ears
