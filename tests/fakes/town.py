"""Rooms on a real store, controlled by the test: nothing happens by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.config.policy import InForce, Policy
from bot.config.settings import Settings
from bot.decide.open_turns import turn_id
from bot.decide.reasons import Reason
from bot.decide.watching import unsaid, withheld
from bot.live.rooms import FLOORS_KEPT, Floors, Rooms
from bot.remember.store import Store, Transaction
from bot.types import Deletion, Edit, Message, Room, State, Turn
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import personas, reference
from tests.fakes.talk import US


class Town:
    """Records and decides as the participant does; `restart` forgets everything that is not in the store."""

    def __init__(self, store: Store, settings: Settings, floors_kept: int):
        self.store, self.policy, self.clock = store, InForce(Policy(settings, personas())), VirtualClock()
        self.floors_kept = floors_kept
        self.rooms = self._rooms()

    def _rooms(self) -> Rooms:
        return Rooms(self.policy, self.store, reference(), self.clock, self.floors_kept)

    def put_in_force(self, settings: Settings) -> None:
        self.policy.renew(Policy(settings, personas()))

    async def restart(self) -> None:
        self.rooms = self._rooms()
        await self.rooms.load()

    async def until(self, moment: datetime) -> None:
        await self.clock.advance((moment - self.clock.now()).total_seconds())

    async def hear(self, *messages: Message) -> list[Turn]:
        recognised = [(await self.rooms.floor(message.room)).recognise(message) for message in messages]

        async def work(tx: Transaction, floors: Floors) -> list[Turn]:
            return await self._keep(tx, await self.rooms.add(tx, floors, recognised))

        return await self.rooms.change([message.room for message in messages], work)

    async def fail(self, *messages: Message) -> None:
        """Hears messages without committing: the work raises at its end."""

        async def work(tx: Transaction, floors: Floors) -> None:
            heard = [floors[message.room].recognise(message) for message in messages]
            await self._keep(tx, await self.rooms.add(tx, floors, heard))
            raise KeyError("a fault of ours")

        with suppress(KeyError):
            await self.rooms.change([message.room for message in messages], work)

    async def edit(self, edit: Edit) -> list[Turn]:
        async def work(tx: Transaction, floors: Floors) -> list[Turn]:
            floor = floors[edit.room]
            return await self._keep(tx, self.rooms.spend(floor.edit(edit)) if await tx.edit(edit) else [])

        return await self.rooms.change([edit.room], work)

    async def delete(self, deletion: Deletion) -> list[Turn]:
        async def work(tx: Transaction, floors: Floors) -> list[Turn]:
            return await self._keep(tx, await self.rooms.delete(tx, floors, deletion))

        return await self.rooms.change([deletion.room], work)

    async def tick(self, trigger: Message) -> list[Turn]:
        """Decides again when the hold is over; a turn that is due is said at once."""

        async def work(tx: Transaction, floors: Floors) -> list[Turn]:
            floor = floors[trigger.room]
            ticked = floor.tick(turn_id(trigger), self.clock.now())
            turns = await self._keep(tx, self.rooms.spend([ticked] if ticked else []))
            opened = floor.wanted(turn_id(trigger))
            if opened is None or opened.turn.state is not State.DUE:
                return turns
            return turns + await self._keep(tx, await self._say(tx, floors, opened.turn))

        return await self.rooms.change([trigger.room], work)

    async def _say(self, tx: Transaction, floors: Floors, turn: Turn) -> list[Turn]:
        if floors[turn.thread.room].rule.join == "watch":
            return await self._withhold(tx, floors, turn)
        floor, sent = floors[turn.thread.room], replace(turn, text="ours", reply_id=f"re-{turn.trigger}")
        for state in (State.WRITING, State.SENDING, State.SENT):
            sent = floor.move(replace(sent, state=state))
        turns = self.rooms.spend([sent])
        now = self.clock.now()
        words = Message(f"re-{turn.trigger}", turn.thread, US, "ours", now, now, reply_to=turn.trigger)
        return turns + await self.rooms.add(tx, floors, [words])

    async def _withhold(self, tx: Transaction, floors: Floors, turn: Turn) -> list[Turn]:
        ended = floors[turn.thread.room].move(withheld(turn, Reason.WATCHING, self.clock.now()))
        if (word := unsaid(turn, self.clock.now())) is not None:
            await self.rooms.add_unsaid(tx, floors, word)
        return self.rooms.spend([ended])

    async def _keep(self, tx: Transaction, turns: list[Turn]) -> list[Turn]:
        await tx.put_turns(turns)
        return turns

    async def learnt(self, room: Room) -> list[tuple[str, str, float | None]]:
        """The answer times learnt from all rooms of a room's community: posts, their rooms, how long they waited."""
        times = (await self.rooms.floor(room)).state.posts.community
        return [(key, asked.room, asked.waited) for key, asked in times._posts.items()]


@asynccontextmanager
async def town(path: Path, settings: Settings, floors_kept: int = FLOORS_KEPT) -> AsyncIterator[Town]:
    """Opens a town on a migrated database."""
    store = await Store.open(path)
    try:
        yield Town(store, settings, floors_kept)
    finally:
        await store.close()
