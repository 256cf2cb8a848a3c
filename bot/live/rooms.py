"""The floors of all rooms, in memory and consistent with the store.

Floors are changed only inside the store's writer, which is serial. When a change fails, the floors that it may have
changed are dropped (and rebuilt on next use) and its spending is undone. So memory is never ahead of the disk, and a
restart at any moment leads to the same decisions.

A cold room is read outside the writer, so that no commit waits for it. The result is valid if no transaction that
touches the room was running when reading began or has begun since (`_touched`); otherwise the room is read again inside
the writer.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from bot.config.policy import InForce
from bot.config.room_rule import RoomRule
from bot.decide.answer_times import AnswerTimes
from bot.decide.budget import BUDGET_LOOKBACK, Budget
from bot.decide.care import Care
from bot.decide.deadlines import deadline, is_late
from bot.decide.decisions import paused
from bot.decide.floor import Floor
from bot.decide.open_turns import turn_id
from bot.decide.posts import Post
from bot.decide.reasons import Reason
from bot.decide.reference import Reference
from bot.decide.spent import Spent
from bot.language.packs import Packs
from bot.live.bursts import Bursts
from bot.live.pointed_rooms import PointedRooms
from bot.live.uncommitted import Uncommitted
from bot.remember.lookup import message_with, turn_with
from bot.remember.reader import Question
from bot.remember.rebuild import Remembered, remembered
from bot.remember.store import Store, Transaction
from bot.remember.unsaid import add_unsaid
from bot.remember.wishes import Wishes
from bot.remember.withdrawing import OWNER, kept, standing_alone
from bot.types import Audience, Clock, Decision, Deletion, Edit, Message, Room, Turn
from bot.write.persona import Persona

T = TypeVar("T")
Floors = Mapping[Room, Floor]
"""The floors of the rooms passed to `change`, valid only inside its work."""
Work = Callable[[Transaction, Floors], Awaitable[T]]

Place = tuple[str, str]  # platform and community

FLOORS_KEPT = 2000  # rooms in memory, some 50 kB each when busy


class Rooms:
    """Caches up to `floors_kept` floors; only idle ones are dropped."""

    def __init__(
        self,
        policy: InForce[Persona],
        store: Store,
        reference: Reference,
        clock: Clock,
        floors_kept: int = FLOORS_KEPT,
        wishes: Wishes | None = None,
    ):
        self._policy, self._store, self._reference, self._clock = policy, store, reference, clock
        self.wishes = Wishes() if wishes is None else wishes
        self._floors_kept = floors_kept
        self._floors: OrderedDict[Room, Floor] = OrderedDict()  # the most recently used last
        self._communities: dict[Place, AnswerTimes] = {}  # shared by all floors of a community
        self._unlearnt: set[Place] = set()  # communities whose answer times must be read again, into the same object
        self._touched: dict[Room | Place, int] = {}  # the last transaction that may have changed each
        self._touched_since = 0  # `_touched` has forgotten transactions before this one
        self._uncommitted = Uncommitted(0)
        self._reading = asyncio.Lock()  # the store answers one question at a time; avoids reading a room twice
        self.bursts = Bursts(clock)
        self.pointed = PointedRooms()
        self.deleted = asyncio.Event()  # set once the deletion of a message is committed
        self.thread_deleted = asyncio.Event()  # the same for a thread or room as a whole
        self.withdrawn: Counter[str] = Counter()  # by platform: how often a person's words were taken back
        settings = policy.current.settings
        self.budget = Budget(settings.limits, settings.time_zone)
        store.on_rollback(self._roll_back)

    @property
    def packs(self) -> Packs:
        """How messages read in each language."""
        return self._reference.packs

    def rule(self, room: Room) -> RoomRule:
        """The rule that applies to a room now."""
        return self._policy.current.rule(room)

    def silenced(self, room: Room) -> Reason | None:
        """Why nothing at all may be said in the room now, not even to a call; None if something may."""
        here = self._policy.current.in_room(room)
        watching = Reason.WATCHING if here.rule.join == "watch" else None
        return Reason.MUTED if here.mute else watching

    async def paused(self, room: Room, facts: Mapping[str, Any]) -> Decision | None:
        """A wait, if nothing uncalled may be said in the room now. Raises StoreError."""
        policy, floor = self._policy.current, await self.floor(room)
        return paused(self._clock.now(), policy.rule(room), policy.zone(room), floor.state, facts)

    async def care_lately(self, room: Room, message: Message) -> Care | None:
        """The short careful text, if the message's author has called us in danger within the hour. Raises
        StoreError."""
        return (await self.floor(room)).state.care.lately(message)

    async def care(self, room: Room, message: Message) -> Care | None:
        """The careful text that a message which calls us needs, or None. Raises StoreError."""
        return (await self.floor(room)).care(message)

    async def is_plain(self, room: Room) -> bool:
        """Whether a person in danger has called us in the room within the hour. Raises StoreError."""
        return (await self.floor(room)).state.care.until(self._clock.now()) is not None

    def is_late(self, turn: Turn) -> bool:
        """True if the turn's deadline has passed."""
        return is_late(turn, self._clock.now(), self._catch_up)

    def deadline(self, turn: Turn) -> datetime | None:
        """The turn's deadline, or None if it has none."""
        return deadline(turn, self._catch_up)

    @property
    def _catch_up(self) -> timedelta:
        return timedelta(minutes=self._policy.current.settings.catch_up_minutes)

    async def load(self) -> Sequence[Turn]:
        """Restores the budget from the store and returns the turns that may count towards limits. Raises StoreError."""
        turns = await self._store.counting_turns(self._clock.now() - BUDGET_LOOKBACK)
        self.budget.restart(turns)
        for turn in turns:
            self.pointed.look(turn)
        return turns

    async def floor(self, room: Room) -> Floor:
        """The room's floor, for reading only. Raises StoreError if it can't be rebuilt."""
        await self._warm(room)
        if (floor := self._ready(room)) is not None:
            return floor

        async def look(tx: Transaction, floors: Floors) -> Floor:
            return floors[room]

        return await self.change([room], look, durable=False)

    async def change(self, rooms: Iterable[Room], work: Work[T], *, durable: bool = True) -> T:
        """Runs `work` with the floors of `rooms`, which it may change, in one transaction. Raises StoreError if the
        transaction could not be committed, or the work's own exception; then nothing has changed. `durable` as for
        `Store.write`."""
        wanted = list(dict.fromkeys(rooms))
        for room in wanted:
            await self._warm(room)

        async def guarded(tx: Transaction) -> T:
            with self._touching(wanted):
                return await work(tx, {room: self._ready(room) or await self._rebuilt(tx, room) for room in wanted})

        return await self._store.write(guarded, durable=durable)

    async def knows(self, room: Room, message_id: str) -> bool:
        """Whether the message is kept, and neither deleted nor hidden. Raises StoreError."""
        found = await self._store.message(room.platform, message_id)
        return found is not None and found.audience is not Audience.NOBODY

    async def store_unheard(self, room: Room, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `work`, which stores an event of `room` that its floor could not take in, and drops the floor."""

        async def guarded(tx: Transaction) -> T:
            with self._touching([room]):
                self.forget([room])
                return await work(tx)

        return await self._store.write(guarded)

    # --- undone with the transaction ----------------------------------------------------------

    @contextmanager
    def _touching(self, rooms: Sequence[Room]) -> Iterator[None]:
        """Wraps a work: its changes in memory are undone if it raises or if the commit fails."""
        under_way = self._under_way()
        under_way.rooms.update(rooms)
        self._touch(rooms, under_way.number)
        spent = len(under_way.spent)
        try:
            yield
        except BaseException:
            self._undo(rooms, under_way.spent, spent)
            raise

    def _under_way(self) -> Uncommitted:
        """What the running transaction has changed so far."""
        number = self._store.transactions + 1
        if self._uncommitted.number != number:
            self._uncommitted = Uncommitted(number)
        return self._uncommitted

    def _touch(self, rooms: Iterable[Room], number: int) -> None:
        if len(self._touched) > 2 * self._floors_kept:
            self._touched.clear()
            self._touched_since = number
        for room in rooms:
            self._touched[room] = self._touched[_place(room)] = number

    def _roll_back(self) -> None:
        """Undoes the changes in memory of the running transaction, whose commit has failed."""
        under_way = self._under_way()
        self._undo(under_way.rooms, under_way.spent, 0)

    def _undo(self, rooms: Iterable[Room], spent: list[tuple[str, Spent | None]], first: int) -> None:
        self.forget(rooms)
        while len(spent) > first:
            self.budget.count(*spent.pop())

    def forget(self, rooms: Iterable[Room]) -> None:
        """Drops the floors of these rooms and the answer times of their communities, to be read again on next use."""
        for room in rooms:
            self._floors.pop(room, None)
            self._unlearnt.add(_place(room))

    def forget_place(self, place: Room) -> None:
        self.forget([room for room in self._floors if _place(room) == _place(place) and place.id in ("", room.id)])

    # --- floors, built and dropped -------------------------------------------------------------

    def _usable(self, room: Room) -> Floor | None:
        floor = self._floors.get(room)
        return None if floor is None or floor.is_stale or not self._follows(room, floor) else floor

    def _follows(self, room: Room, floor: Floor) -> bool:
        """True if the floor decides by the policy in force. A new policy that changes nothing for the room keeps the
        floor."""
        policy = self._policy.current
        if floor.policy != policy.version:
            if floor.terms != policy.terms(room):
                return False
            floor.policy, floor.chosen = policy.version, policy.in_room(room).chosen
        return True

    def _knows(self, place: Place) -> bool:
        return place in self._communities and place not in self._unlearnt

    def _ready(self, room: Room) -> Floor | None:
        """The floor, if it can be used without reading from the store."""
        floor = self._usable(room)
        if floor is None or not self._knows(_place(room)):
            return None
        self._floors.move_to_end(room)
        return floor

    async def _warm(self, room: Room) -> None:
        """Reads a cold room outside the writer. If it was changed meanwhile, `_rebuilt` reads it again."""
        if self._ready(room) is not None:
            return
        async with self._reading:
            if self._ready(room) is None:
                ended = self._store.transactions
                found = await self._store.ask(self._needed(room))
                if self._suffices(room, found) and self._still_holds(room, found, ended):
                    self._build(room, found)

    async def _rebuilt(self, tx: Transaction, room: Room) -> Floor:
        """Reads and builds the floor inside a work, where nothing else can change the room."""
        while not self._suffices(room, found := await tx.ask(self._needed(room))):
            pass  # a part was not read because it was in memory, and has been dropped since to save space
        return self._build(room, found)

    def _needed(self, room: Room) -> Question[Remembered]:
        return remembered(room, with_past=self._usable(room) is None, with_times=not self._knows(_place(room)))

    def _suffices(self, room: Room, found: Remembered) -> bool:
        """True if `found`, with what is in memory, is enough to build the floor."""
        has_past = found.past is not None or self._usable(room) is not None
        return has_past and (found.answer_times is not None or self._knows(_place(room)))

    def _still_holds(self, room: Room, found: Remembered, ended: int) -> bool:
        """True if nothing that was read (when `ended` transactions had ended) can have changed since."""
        read: list[Room | Place] = [] if found.past is None else [room]
        if not self._knows(_place(room)):
            read.append(_place(room))
        return self._touched_since <= ended and all(self._touched.get(each, 0) <= ended for each in read)

    def _build(self, room: Room, found: Remembered) -> Floor:
        """Builds the floor from `found`, unless a usable one is in memory by now."""
        community = self._community(_place(room), found.answer_times)
        if (floor := self._usable(room)) is not None:
            return floor
        assert found.past is not None
        policy = self._policy.current
        rule, names, zone, catch_up = policy.terms(room)
        floor = Floor(
            room,
            rule,
            names,
            self.budget,
            catch_up,
            self._reference,
            community,
            zone,
            explains=True,
            policy=policy.version,
        )
        floor.chosen = policy.in_room(room).chosen
        floor.state.wants_quiet = partial(self.wishes.is_quiet, room.platform)
        floor.restore(found.past, found.waiting)
        self._floors.pop(room, None)
        self._floors[room] = floor
        if len(self._floors) > self._floors_kept:
            self._drop_idle()
        return floor

    def _community(self, place: Place, read: AnswerTimes | None) -> AnswerTimes:
        if read is not None and not self._knows(place):
            self._communities.setdefault(place, read).become(read)
            self._unlearnt.discard(place)
        return self._communities[place]

    def _drop_idle(self) -> None:
        idle = (room for room, floor in self._floors.items() if floor.is_idle)
        for room in [room for room, _ in zip(idle, range(max(1, self._floors_kept // 10)), strict=False)]:
            del self._floors[room]
        lived_in = {_place(room) for room in self._floors}
        self._communities = {place: times for place, times in self._communities.items() if place in lived_in}
        self._unlearnt &= lived_in

    # --- inside a transaction ------------------------------------------------------------------

    async def add(self, tx: Transaction, floors: Floors, messages: Sequence[Message]) -> list[Turn]:
        """Records recognised messages, decides about the new ones, and stores what was learnt from them."""
        new = await tx.add_messages(messages)
        turns: list[Turn] = []
        learnt: list[tuple[Room, Post]] = []
        for message in messages:
            key = (message.room.platform, message.id)
            if key in new:
                new.remove(key)  # the same id twice in one batch counts once
                floor = floors[message.room]
                turns += self.spend(floor.hear(message, self._clock.now(), self.bursts.hear(message)))
                learnt += [(message.room, post) for post in floor.state.posts.changes()]
        await tx.put_posts(learnt)
        return turns

    async def add_unsaid(self, tx: Transaction, floors: Floors, word: Message) -> None:
        """Counts a word of ours in its room as said."""
        await add_unsaid(tx, word)
        floor = floors[word.room]
        floor.hear(word, word.heard)
        await tx.put_posts([(word.room, post) for post in floor.state.posts.changes()])

    async def edit(self, tx: Transaction, floors: Floors, edit: Edit) -> list[Turn]:
        """Changes a message; if it was said a moment ago and now calls us, it gets the answer of a call."""
        if not await tx.edit(edit):
            return []
        floor, now = floors[edit.room], self._clock.now()
        turns = self.spend(floor.edit(edit))
        if not floor.may_be_called_by(edit, now):
            return turns
        message = await tx.ask(message_with(edit.room.platform, edit.message_id))
        if message is None:
            return turns
        turn = await tx.ask(turn_with(turn_id(message)))
        message = floor.recognise(replace(message, addressed=message.addressed or edit.addressed))
        return turns + self.spend(floor.call_by_edit(message, now, turn))

    async def delete(self, tx: Transaction, floors: Floors, deletion: Deletion) -> list[Turn]:
        """Forgets a message, its turn, and what was learnt from it."""
        deletion = replace(deletion, at=min(deletion.at, self._clock.now()))  # a forged time would keep its id for ever
        await self._withdraw(tx, floors[deletion.room], deletion)
        await tx.delete(deletion, keeps_id=self.rule(deletion.room).join != "off")
        floor = floors[deletion.room]
        if not floor.state.posts.is_lost(deletion.message_id, in_timeline=False):
            self._unlearnt.add(_place(deletion.room))
        return self.spend(floor.delete(deletion.message_id))

    async def _withdraw(self, tx: Transaction, floor: Floor, deletion: Deletion) -> None:
        """Keeps that our answer to the message is to be deleted, too, if it stands alone."""
        room, message_id = deletion.room, deletion.message_id
        if not self.rule(room).delete_with_question or floor.state.relays.has_copy(message_id):
            return
        if found := await tx.ask(standing_alone(room, message_id, self._clock.now())):
            await tx.put_state(OWNER, kept(found))

    def spend(self, turns: list[Turn]) -> list[Turn]:
        """Folds new and changed turns into the budget, at once, since the next decision in the same work may depend on
        it. Call inside a work only. Returns the same turns."""
        for turn in turns:
            self._under_way().spent.append((turn.id, self.budget.counted(turn.id)))
            self.budget.fold(turn)
        return turns


def _place(room: Room) -> Place:
    return room.platform, room.community
