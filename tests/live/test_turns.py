"""The tasks of turns: each ends its own turn, even after an exception, and leaves nothing behind."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.decide.floor import BURST, Floor
from bot.live.course import Course
from bot.live.turns import Turns
from bot.types import State, Turn, Usage
from tests.fakes.clock import VirtualClock, settle
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, line, post


async def test_a_fault_ends_its_own_turn_and_no_other(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.fault = KeyError("a fault of ours")
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until_told("p", "failed")
        assert (await on.turn("p")).error == "internal"
        on.writer.fault = None
        await on.hear([post("q", "Ben", "@mochi hi", 1)])
        await on.clock.advance(5)
        await on.until_told("q", "sent")


async def test_a_failure_that_cannot_be_stored_is_stored_later(tmp_path: Path) -> None:
    with capture_logs() as logged:
        async with stage(tmp_path, busy_seconds=0.1) as on:
            await _fails_while_the_store_is_locked(on, tmp_path / "cameo.db", logged)
            await on.clock.advance(5)
            await on.until_told("p", "failed")
            assert (await on.turn("p")).error == "internal"


async def _fails_while_the_store_is_locked(on: Stage, path: Path, logged: list[EventDict]) -> None:
    on.writer.pen.clear()
    on.writer.fault = KeyError("a fault of ours")
    await on.hear([post("p", "Ana", "@mochi hi")])
    await on.until(lambda: on.writer.writing == ["p"])
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")  # locks the database, as another program might
    on.writer.pen.set()
    await on.until(lambda: any(entry["event"] == "turn.not_stored" for entry in logged))
    other.rollback()
    other.close()


class FloorAlone:
    """Implements `Transitions` without a store: only the floor changes."""

    def __init__(self, floor: Floor, clock: VirtualClock):
        self.floor, self._clock = floor, clock

    async def tick(self, turn: Turn) -> Turn | None:
        return self.floor.tick(turn.id, self._clock.now())

    async def move(self, turn: Turn, state: State, *, from_any: bool = False, **changes: Any) -> Turn | None:
        opened = self.floor.wanted(turn.id)
        if opened is None or not (from_any or opened.turn.state is turn.state):
            return None
        return self.floor.move(replace(opened.turn, state=state, **changes))

    async def charge(self, turn: Turn, usage: Usage, model: str) -> None: ...

    def note(self, turn: Turn) -> None: ...


async def test_ten_thousand_turns_that_end_while_they_are_written_leave_nothing_behind(tmp_path: Path) -> None:
    """Each turn is merged into that of the next message of an endless burst."""
    async with stage(tmp_path) as on:
        floor = await on.rooms.floor(FEED)
        alone = FloorAlone(floor, on.clock)
        # The fakes have the methods that are called, and nothing else of the classes.
        course = Course(alone, on.rooms, on.writer, {"local": on.platform}, on.clock)  # type: ignore[arg-type]
        turns = Turns(on.store, course, alone, ["local"], on.clock)  # type: ignore[arg-type]
        running = asyncio.create_task(turns.run())
        on.writer.pen.clear()
        await on.store.turns(1)  # by then it runs
        seconds, burst = BURST.total_seconds(), 10_000
        for number in range(burst):
            when = number * seconds
            turns.follow(floor.hear(line(f"m{number}", "Ana", "@mochi", when, addressed=True), at(when)))
            await on.clock.advance(seconds)
        assert len(on.writer.writing) == burst
        assert len(turns._tasks) == len(course.busy) == len(on.rooms.budget._reserved) == 1
        turns.follow(floor.delete(f"m{burst - 1}"))
        await settle()
        assert not turns._tasks and not course.busy and not on.rooms.budget._reserved and floor.is_idle
        assert not course._queue._next and not course._queue._behind and not course._queue._busy
        running.cancel()
        await asyncio.wait([running])
