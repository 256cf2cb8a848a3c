"""What we know of every room, kept in step with the store.

A floor is built and changed only inside the store's writer, where everything happens one after another: what it is
rebuilt from is exactly what was recorded before. When something fails, all floors are forgotten, to be rebuilt on next
use. So memory is never ahead of the disk, and a restart at any moment gives the same decisions.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from bot.config.settings import RoomRule, Settings
from bot.decide.answer_times import AnswerTimes
from bot.decide.budget import BUDGET_LOOKBACK, Budget
from bot.decide.deadlines import is_late
from bot.decide.floor import Floor
from bot.decide.posts import Post
from bot.decide.quiet import quiet_until
from bot.decide.reference import Reference
from bot.remember.rebuild import answer_times, past, waiting
from bot.remember.store import Store, Transaction
from bot.types import Clock, Deletion, Message, Room, StoreError, Turn

T = TypeVar("T")
Floors = Mapping[Room, Floor]
"""The floors of the rooms that a change was asked for: valid inside its work alone."""
Work = Callable[[Transaction, Floors], Awaitable[T]]

Place = tuple[str, str]  # platform and community

FLOORS_KEPT = 2000  # rooms in memory, some 50 kB each when busy; more than one commit can touch
OUR_NAME = "cameo"


class Rooms:
    """`names`: what each persona answers to, without @."""

    def __init__(
        self, settings: Settings, store: Store, names: Mapping[str, tuple[str, ...]], lore: Reference, clock: Clock
    ):
        self._settings, self._store, self._names, self._lore, self._clock = settings, store, names, lore, clock
        self._catch_up = timedelta(minutes=settings.catch_up_minutes)
        self._floors: OrderedDict[Room, Floor] = OrderedDict()  # the most recently used stands last
        self._communities: dict[Place, AnswerTimes] = {}
        self._unlearnt: set[Place] = set()  # communities whose answer times hold a post that was deleted
        self._rules: dict[tuple[Room, str, str], RoomRule] = {}
        self.budget = Budget(settings.limits, settings.time_zone)
        store.on_rollback(self.forget)

    def rule(self, room: Room) -> RoomRule:
        """The rule that a room falls under, looked up once for each of its names."""
        key = (room, room.name, room.community_name)
        if key not in self._rules:
            if len(self._rules) > FLOORS_KEPT:
                self._rules.clear()  # rooms are renamed now and then, for years
            self._rules[key] = self._settings.rule_for(room)
        return self._rules[key]

    def quiet_until(self, room: Room) -> datetime | None:
        """When the quiet hours that run in a room now are over; None if none do."""
        rule = self.rule(room)
        return quiet_until(self._clock.now(), rule.quiet_hours, self._settings.zone_of(rule))

    def is_late(self, turn: Turn) -> bool:
        """Is the turn's deadline over by now?"""
        return is_late(turn, self._clock.now(), self._catch_up)

    async def load(self) -> Sequence[Turn]:
        """Reads back what was spent, and returns the turns that it was spent on. Raises StoreError."""
        turns = await self._store.turns_since(self._clock.now() - BUDGET_LOOKBACK)
        self.budget.restart(turns)
        return turns

    async def floor(self, room: Room) -> Floor:
        """The room's floor, to look at. Raises StoreError if it must be rebuilt and can't."""
        if (floor := self._ready(room)) is not None:
            return floor

        async def look(tx: Transaction, floors: Floors) -> Floor:
            return floors[room]

        return await self.change([room], look)

    async def change(self, rooms: Iterable[Room], work: Work[T]) -> T:
        """Runs `work`, which gets the floors of `rooms` and may change them, in one transaction. Raises StoreError if
        it could not be committed, or the work's own exception; then nothing has changed."""
        wanted = list(dict.fromkeys(rooms))
        try:
            return await self._store.write(lambda tx: self._guarded(tx, wanted, work))
        except Exception:
            await self._after_failure()
            raise

    async def _guarded(self, tx: Transaction, rooms: Sequence[Room], work: Work[T]) -> T:
        try:
            floors = {room: self._ready(room) or await self._rebuild(tx, room) for room in rooms}
            return await work(tx, floors)
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        """Something was rolled back: what the floors know, and what they have taught each other, may never have
        happened."""
        self._floors.clear()
        self._communities.clear()
        self._unlearnt.clear()

    async def _after_failure(self) -> None:
        """What was spent must be read again; where even that fails, the budget errs on the safe side."""
        with contextlib.suppress(StoreError):
            await self.load()

    # --- floors, built and dropped -------------------------------------------------------------

    def _ready(self, room: Room) -> Floor | None:
        """The floor, if it needs no rebuilding."""
        floor = self._floors.get(room)
        if floor is None or floor.is_stale or _place(room) in self._unlearnt:
            return None
        self._floors.move_to_end(room)
        return floor

    async def _rebuild(self, tx: Transaction, room: Room) -> Floor:
        self._drop_unlearnt(_place(room))
        rule = self.rule(room)
        names, zone = (OUR_NAME, *self._names[rule.persona]), self._settings.zone_of(rule)
        community = await self._community(tx, _place(room))
        floor = Floor(room, rule, names, self.budget, self._catch_up, self._lore, community, zone, explains=True)
        floor.restore(await tx.ask(past(room)), await tx.ask(waiting(room)))
        self._floors.pop(room, None)
        self._floors[room] = floor
        if len(self._floors) > FLOORS_KEPT:
            self._drop_idle()
        return floor

    async def _community(self, tx: Transaction, place: Place) -> AnswerTimes:
        if place not in self._communities:
            self._communities[place] = await tx.ask(answer_times(*place))
        return self._communities[place]

    def _drop_unlearnt(self, place: Place) -> None:
        """All floors of a community share its answer times, so they go together."""
        if place in self._unlearnt:
            self._unlearnt.remove(place)
            del self._communities[place]
            for room in [room for room in self._floors if _place(room) == place]:
                del self._floors[room]

    def _drop_idle(self) -> None:
        idle = (room for room, floor in self._floors.items() if floor.is_idle)
        for room in [room for room, _ in zip(idle, range(FLOORS_KEPT // 10), strict=False)]:
            del self._floors[room]
        lived_in = {_place(room) for room in self._floors}
        self._communities = {place: times for place, times in self._communities.items() if place in lived_in}

    # --- inside a transaction ------------------------------------------------------------------

    async def add(self, tx: Transaction, floors: Floors, messages: Sequence[Message]) -> list[Turn]:
        """Records recognised messages, decides about those that are new, and keeps what they have taught."""
        new = await tx.add_messages(messages)
        turns: list[Turn] = []
        learnt: list[tuple[Room, Post]] = []
        for message in messages:
            key = (message.room.platform, message.id)
            if key in new:
                new.remove(key)  # the same id twice in one batch counts once
                floor = floors[message.room]
                turns += self.spend(floor.hear(message, self._clock.now()))
                learnt += [(message.room, post) for post in floor.state.posts.changes()]
        await tx.put_posts(learnt)
        return turns

    async def delete(self, tx: Transaction, floors: Floors, deletion: Deletion) -> list[Turn]:
        """Forgets a message, and what it has begun and taught."""
        await tx.delete(deletion)
        floor = floors[deletion.room]
        if not floor.state.posts.is_lost(deletion.message_id, in_timeline=False):
            self._unlearnt.add(_place(deletion.room))
        return self.spend(floor.delete(deletion.message_id))

    def spend(self, turns: list[Turn]) -> list[Turn]:
        """Lets the budget know of new and changed turns: the next decision may be a line further down."""
        for turn in turns:
            self.budget.fold(turn)
        return turns


def _place(room: Room) -> Place:
    return room.platform, room.community
