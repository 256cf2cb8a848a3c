"""The local community served for real (adapter, JSON API, page, token check) with a fake core."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.local.adapter import LocalAdapter
from adapters.local.api import local_router
from adapters.local.community import Community
from adapters.local.page.visit import Around, Explained, Joining, Outlook, Step
from bot.config.settings import ConsoleSettings
from bot.console.api import turns_router
from bot.console.late_pages import Mount
from bot.console.web import Console
from bot.explain.chain import sentence
from bot.explain.member_steps import member_steps
from bot.explain.outlook import outlook
from bot.types import Clock, Room, Status, Turn
from tests.fakes.core import FakeCore
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE, until

TOKEN = "a-token-for-tests"
JOINS = {"kitchen": Joining("unanswered", 1), "workshop": Joining("mentions"), "feed": Joining("every_post")}


class LiveClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def voice(room: Room) -> str:
    return "Pip" if room.id == "feed" else "Mochi"


@dataclass
class LocalHouse:
    """`turns` are the core's decisions, by trigger; the test sets them."""

    core: FakeCore
    adapter: LocalAdapter
    turns: dict[str, Turn] = field(default_factory=dict)
    joins: dict[str, Joining] = field(default_factory=lambda: dict(JOINS))
    speaker: str = "SmolLM2-135M, built in: a toy, so expect little"
    has_model: bool = False
    console: Console | None = None

    @property
    def community(self) -> Community:
        return self.adapter.community

    @property
    def address(self) -> str:
        assert self.console is not None
        return self.console.address.rstrip("/")

    async def explain(self, message_id: str, language: str) -> Explained | None:
        turn, words = self.turns.get(message_id), shipped_words()
        if turn is None:
            return None
        steps = member_steps(turn, message_id, words, language)
        told = [Step(one.label, one.text, one.passed, one.at, one.message) for one in steps]
        return Explained(sentence(turn, words, "member", language), told)

    def decide(self, turn: Turn) -> None:
        """Sets the turn of a message, and tells the page."""
        self.turns[turn.trigger] = turn
        self.community.turn_changed(turn.thread)

    def outlook(self, message_id: str) -> Outlook | None:
        turn = self.turns.get(message_id)
        told = outlook(turn) if turn else None
        return Outlook(*told) if told else None

    async def last_turns(self, last: int) -> list[Turn]:
        return list(self.turns.values())[::-1][:last]

    def around(self) -> Around:
        return Around(
            shipped_words().say,
            lambda room: self.joins[room.id],
            lambda language: self.speaker,
            self.explain,
            outlook=self.outlook,
            pages=("/model", "/history"),
            has_model=lambda: self.has_model,
        )


def local_adapter(core: FakeCore, *, seed: bool = False, clock: Clock | None = None) -> LocalAdapter:
    clock = clock or LiveClock()
    community = Community(core, clock, voice=voice, our_names=lambda: ("Mochi", "Pip"), seed=seed)
    return LocalAdapter(community, clock)


@asynccontextmanager
async def running(adapter: LocalAdapter, core: FakeCore) -> AsyncIterator[LocalAdapter]:
    """Runs the adapter until the block ends."""
    task = asyncio.create_task(adapter.run(core.hear, core.typing))
    await until(lambda: adapter.status is Status.UP or task.done())
    try:
        yield adapter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def open_house(*, seed: bool = False, pages: bool = False) -> AsyncIterator[LocalHouse]:
    """Serves on a free port. `pages` needs NiceGUI, which a process can start once: see tests/browser/conftest.py."""
    core = FakeCore()
    house = LocalHouse(core, local_adapter(core, seed=seed))

    def community_page() -> list[Mount]:
        from adapters.local.page.mount import local_pages

        return [local_pages(house.community, house.around())]

    house.console = Console(
        ConsoleSettings(port=0),
        TOKEN,
        health=lambda: {"local": house.adapter.status},
        routes=[
            local_router(house.community, lambda room: house.joins[room.id].join),
            turns_router(house.last_turns, shipped_words()),
        ],
        pages=community_page if pages else None,
    )
    house.console.open()
    async with running(house.adapter, core):
        serving = asyncio.create_task(house.console.run())
        try:
            await _answers(house.console.port)
            yield house
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _answers(port: int) -> None:
    """A listening socket, on which connections wait until the server accepts them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert b"200 OK" in await reader.readline()
        await reader.read()
    writer.close()
    await writer.wait_closed()
