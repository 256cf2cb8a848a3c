"""The tasks of turns: each ends its own turn, even after an exception, and leaves nothing behind."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.decide.burst import BURST
from bot.decide.floor import Floor
from bot.live.course import Course
from bot.live.turns import Turns
from bot.types import PlatformError, Room, State, Thread, Turn, Usage
from tests.fakes.clock import VirtualClock, settle
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, line, post
from tests.fakes.waiting import PATIENCE


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


async def test_a_shutdown_waits_for_what_is_being_sent_after_quiet_hours(tmp_path: Path) -> None:
    """But not for the end of quiet hours."""
    quiet: dict[str, Any] = {
        "join": "unanswered",
        "hold_minutes": 59,
        "share_of_voice": 1.0,
        "quiet_hours": "13:00-14:00",
    }
    async with stage(tmp_path, **quiet) as on:
        on.platform.trouble, on.platform.arrives = [PlatformError("away")] * 100, True
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(59 * 60)
        await on.until_told("p", "sending")
        while on.course.busy and on.clock.now() < at(7200):
            await on.clock.advance(10)
        assert not on.course.busy, "its next attempt is put off until two"
        on.platform.trouble = []
        on.platform.pause.clear()
        tried = len(on.platform.attempts)
        await on.clock.advance(60 * 60)
        await on.until(lambda: len(on.platform.attempts) > tried)
        assert len(on.course.busy) == 1
        stopping = asyncio.create_task(on.turns.drain(PATIENCE))
        await settle()
        assert not stopping.done()
        on.platform.pause.set()
        await stopping
        assert (await on.turn("p")).state is State.SENT


async def test_a_start_resumes_the_turns_of_its_platforms_and_leaves_the_others(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        interrupted = await on.turn("p")
        elsewhere = replace(interrupted, id="other", thread=Thread(Room("discord", "home", "feed"), "p"))
        await on.store.write(lambda tx: tx.put_turns([elsewhere]))
    async with stage(tmp_path, clock) as on:
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        assert await on.store.open_turns() == [elsewhere]


async def test_05_a_shutdown_takes_away_what_was_shown_of_an_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "writing")
        key = (await on.turn("p")).key
        await on.platform.preview(Thread(Room("local", "-", "workshop")), "p", key, "half a")
        await on.turns.drain(0.01)
        assert on.platform.previews == {}
        assert (await on.turn("p")).state == "writing", "it is resumed at the next start"
