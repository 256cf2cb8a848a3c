"""What we know of every room, kept in step with the store.

A floor is changed only inside the store's writer, in the same transaction that records the change; a transaction
that fails takes with it every floor that it may have touched, to be rebuilt from the store on next use. So memory is
never ahead of the disk, and a restart at any moment gives the same decisions.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from bot.decide.budget import DAY, Budget
from bot.decide.floor import Floor
from bot.decide.room import RECENT
from bot.remember.store import Store, Writing
from bot.settings import RoomRule, Settings
from bot.types import Clock, Message, Room, StoreError, Turn

T = TypeVar("T")

KEPT = 2000  # rooms in memory, some 50 kB each when busy; more than one commit can touch, so none is dropped in use
OUR_NAME = "cameo"


class _Stale(Exception):
    """The floor was dropped between our asking for it and the writer's reaching us."""


class Rooms:
    """`names`: what each persona answers to, without @."""

    def __init__(self, settings: Settings, store: Store, names: Mapping[str, tuple[str, ...]], clock: Clock):
        self._settings, self._store, self._names, self._clock = settings, store, names, clock
        self._catch_up = timedelta(minutes=settings.catch_up_minutes)
        self._floors: dict[Room, Floor] = {}
        self._rules: dict[tuple[Room, str, str], RoomRule] = {}
        self._rebuilding = asyncio.Lock()
        self.budget = Budget(settings.limits, settings.time_zone)
        store.on_rollback(self.forget)

    def rule(self, room: Room) -> RoomRule:
        """The rule that a room falls under, looked up once for each of its names."""
        key = (room, room.name, room.community_name)
        if key not in self._rules:
            if len(self._rules) > KEPT:
                self._rules.clear()  # rooms are renamed now and then, for years
            self._rules[key] = self._settings.rule_for(room)
        return self._rules[key]

    async def load(self) -> None:
        """Reads back what was spent. Raises StoreError."""
        self.budget.restart(await self._store.turns_since(self._clock.now() - DAY))

    async def floor(self, room: Room) -> Floor:
        """The room's floor: kept while in use, rebuilt from the store on first use."""
        if room not in self._floors:
            async with self._rebuilding:  # one at a time: two rebuilds of a room could miss what came between
                if room not in self._floors:
                    self._floors[room] = await self._rebuild(room)
        self._floors[room] = floor = self._floors.pop(room)  # the most recently used stands last
        if len(self._floors) > KEPT:
            self._drop_idle()
        return floor

    def _drop_idle(self) -> None:
        idle = (room for room, floor in self._floors.items() if floor.is_idle)
        for room in [room for room, _ in zip(idle, range(KEPT // 10), strict=False)]:
            del self._floors[room]

    async def _rebuild(self, room: Room) -> Floor:
        rule = self.rule(room)
        floor = Floor(room, rule, (OUR_NAME, *self._names[rule.persona]), self.budget, self._catch_up)
        open_turns = []
        for turn in await self._store.open_turns(room):
            trigger = await self._store.message(room.platform, turn.trigger)
            if trigger is not None:
                open_turns.append((turn, trigger))
        floor.restore(await self._store.messages(room, RECENT), open_turns)
        return floor

    async def change(self, rooms: Iterable[Room], work: Callable[[Writing], Awaitable[T]]) -> T:
        """Runs `work`, which may change the floors of `rooms`, in one transaction. Raises StoreError if it could
        not be committed, or the work's own exception; then nothing has changed."""
        wanted = list(dict.fromkeys(rooms))
        while True:
            floors = {room: await self.floor(room) for room in wanted}
            try:
                return await self._store.write(lambda tx, floors=floors: self._guarded(tx, floors, work))  # type: ignore[misc]
            except _Stale:
                continue
            except Exception:
                await self._after_failure()
                raise

    async def _guarded(self, tx: Writing, floors: dict[Room, Floor], work: Callable[[Writing], Awaitable[T]]) -> T:
        if any(self._floors.get(room) is not floor for room, floor in floors.items()):
            raise _Stale
        try:
            return await work(tx)
        except BaseException:
            for room in floors:
                self._floors.pop(room, None)
            raise

    def forget(self) -> None:
        """The transaction was rolled back: what the floors know may never have happened."""
        self._floors.clear()

    async def _after_failure(self) -> None:
        """What was spent must be read again; where even that fails, the budget errs on the safe side."""
        with contextlib.suppress(StoreError):
            await self.load()

    # --- inside a transaction ------------------------------------------------------------------

    def known(self, room: Room) -> Floor:
        """The floor of a room that the running `change` was asked for."""
        return self._floors[room]

    async def add(self, tx: Writing, messages: Sequence[Message]) -> list[Turn]:
        """Records recognised messages and decides about those that are new."""
        new = await tx.add_messages(messages)
        turns: list[Turn] = []
        for message in messages:
            key = (message.room.platform, message.id)
            if key in new:
                new.remove(key)  # the same id twice in one batch counts once
                turns += self.spend(self.known(message.room).hear(message, self._clock.now()))
        return turns

    def spend(self, turns: list[Turn]) -> list[Turn]:
        """Lets the budget know of new and changed turns: the next decision may be a line further down."""
        for turn in turns:
            self.budget.fold(turn)
        return turns
