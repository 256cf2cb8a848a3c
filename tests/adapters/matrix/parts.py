"""Shared by the Matrix tests: settings, two clocks, and an adapter that runs during a test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.matrix.adapter import MatrixAdapter
from adapters.matrix.settings import MatrixSettings
from bot.types import Clock, Hear, Message, Reply, Room, Status, Thread
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Person
from tests.fakes.waiting import until


def settings_for(url: str | None, user: str | None = None, **more: Any) -> MatrixSettings:
    return MatrixSettings(**{"homeserver": url, "user": user, "invites_from": ("@*:localhost",), **more})


class LiveClock:
    """Real time: for tests with a real homeserver, whose clock can't be changed."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class JumpClock:
    """Sleeping advances the clock without real waiting, so pauses are counted."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 12, 0, tzinfo=UTC) + timedelta(seconds=self.passed)

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)


def by_password(person: Person, **changes: Any) -> MatrixSettings:
    return settings_for(person.url, person.id, **{"password": person.password, **changes})


def adapter_of(
    settings: MatrixSettings, core: FakeCore, clock: Clock | None = None, timeline: int = 100
) -> MatrixAdapter:
    return MatrixAdapter(settings, core, clock or LiveClock(), timeline=timeline)


@asynccontextmanager
async def running(adapter: MatrixAdapter, core: FakeCore, hear: Hear | None = None) -> AsyncIterator[None]:
    """Runs the adapter, from its first sync until the end of the block; its exceptions reach the test."""
    work = asyncio.create_task(adapter.run(hear or core.hear, core.typing))
    try:
        await status_is(adapter, Status.UP, work)
        yield
    finally:
        work.cancel()
        await asyncio.wait({work})
        if not work.cancelled() and work.exception():
            raise work.exception()  # type: ignore[misc]


async def status_is(adapter: MatrixAdapter, status: Status, work: asyncio.Task[None]) -> None:
    """Waits for an effect of the homeserver, which is another process, or until the adapter ends."""
    await until(lambda: adapter.status is status or work.done())


def said(text: str) -> Callable[[FakeCore], bool]:
    """True if the core has heard this text."""
    return lambda core: any(message.text == text for message in core.messages)


def heard(core: FakeCore, text: str) -> Message:
    return next(message for message in core.messages if message.text == text)


def reply(room: str, text: str, reply_to: str, root: str | None = None) -> Reply:
    return Reply(Thread(Room("matrix", "-", room), root), text, reply_to)


async def meeting(bot: Person, alice: Person, adapter: MatrixAdapter, core: FakeCore, **options: object) -> str:
    """A room of alice's that the (running) adapter has joined."""
    room = await alice.create_room("Kitchen", invite=[bot.id], **options)  # type: ignore[arg-type]
    await core.until(lambda c: f"room/{room}" in c.marks)
    return room
