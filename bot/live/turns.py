"""Runs each open turn in a task of its own, which is also the boundary around the turn's faults."""

import asyncio
from collections.abc import Collection, Sequence

import structlog

from bot.live.course import Course
from bot.live.delivery import LONGEST_PAUSE
from bot.live.transitions import Transitions
from bot.remember.store import Store
from bot.types import Clock, State, StoreError, Turn

TAKE_AWAY_SECONDS = 1.0  # one request for each, at the same time; a shutdown has ten seconds in all

log = structlog.get_logger()


class Turns:
    """Gives each open turn of `platforms` a task. `run` until cancelled."""

    def __init__(
        self, store: Store, course: Course, transitions: Transitions, platforms: Collection[str], clock: Clock
    ):
        self._store, self._course, self._transitions, self._clock = store, course, transitions, clock
        self._platforms = platforms
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Resumes the turns that a restart has interrupted, then follows turns until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            open_turns = await self._store.open_turns()
            self.follow([turn for turn in open_turns if turn.thread.room.platform in self._platforms])
            await asyncio.Event().wait()

    async def drain(self, seconds: float) -> None:
        """Prepares a shutdown: starts no new turns and waits up to `seconds` for those being written or sent. The rest
        is ended while the platforms are still there, so that what was shown of it is taken away; it stays in the store
        and is resumed at the next start."""
        self._group = None
        if busy := [task for key, task in self._tasks.items() if key in self._course.busy]:
            _, late = await asyncio.wait(busy, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=TAKE_AWAY_SECONDS)

    def follow(self, turns: Sequence[Turn]) -> None:
        """Starts a task for each open turn, and cancels the task of a turn that has ended or restarts."""
        for turn in turns:
            self._transitions.note(turn)
            before = self._tasks.pop(turn.id, None)
            if before is not None:
                before.cancel()
            if turn.state.is_open and self._group is not None:
                task = self._group.create_task(self._live(turn, before))
                self._tasks[turn.id] = task
                task.add_done_callback(lambda done, key=turn.id: self._ended(key, done))  # type: ignore[misc]

    def _ended(self, key: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]

    async def _live(self, turn: Turn, before: "asyncio.Task[None] | None") -> None:
        """Runs one turn. An exception ends this turn as failed and affects no other. Retries until the store accepts
        the result."""
        if before is not None:
            await asyncio.wait([before])
        pause, has_failed = 1.0, False
        while True:
            try:
                await (self._fail(turn) if has_failed else self._course.run(turn))
                return
            except StoreError as error:  # the disk is full or locked; the turn is still in the store
                log.error("turn.not_stored", turn=turn.id, error=str(error))
            except Exception:
                log.exception("turn.failed", turn=turn.id)
                if not has_failed:
                    has_failed = True
                    continue
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _fail(self, turn: Turn) -> None:
        await self._transitions.move(turn, State.FAILED, from_any=True, error="internal")
