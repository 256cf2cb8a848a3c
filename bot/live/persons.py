"""What a person may ask about their own data: what is kept, a copy of it, and that it goes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from bot.live.rooms import Floors, Rooms
from bot.live.thanks import Thanks
from bot.live.turns import Turns
from bot.remember.erasing import erase
from bot.remember.person import Person, counted, exported, rooms_of
from bot.remember.store import Store, Transaction
from bot.types import Adapter, Clock, Mark, Turn

log = structlog.get_logger()

EraseFrom = Callable[[Person], object]
"""Removes a person from files beside the database. Blocks; raises OSError or StoreError."""


class Persons:
    """`files` remove a person from what is beside the database. All methods raise StoreError."""

    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        turns: Turns,
        thanks: Thanks,
        adapters: Mapping[str, Adapter],
        clock: Clock,
        files: Sequence[EraseFrom] = (),
    ):
        self._store, self._rooms, self._turns, self._thanks = store, rooms, turns, thanks
        self._adapters, self._clock, self._files = adapters, clock, files

    async def show(self, person: Person) -> dict[str, int]:
        """How many things of each kind are kept, by the key of their words (`bot/explain/held_lines.py`)."""
        return await self._store.ask(counted(person))

    async def export(self, person: Person) -> dict[str, Any]:
        """All that is kept of the person, as one JSON object with its sources."""
        return {
            "platform": person.platform,
            "member": person.id,
            "made": self._clock.now().isoformat(),
            "sources": await self._store.ask(exported(person)),
        }

    async def erase(self, person: Person) -> None:
        """Erases everything about the person: the database in one transaction, then the files beside it. Asked again
        after a crash, it does what is left."""
        adapter = self._adapters.get(person.platform)
        commit = partial(self._commit, person)
        await (adapter.forget(person.id, commit) if adapter else commit({}))
        for erase_from in self._files:
            await asyncio.to_thread(erase_from, person)
        log.info("person.erased", platform=person.platform)

    async def _commit(self, person: Person, mark: Mark) -> None:
        rooms = await self._store.ask(lambda connection: rooms_of(connection, person))

        async def work(tx: Transaction, floors: Floors) -> list[Turn]:
            self._rooms.withdrawn[person.platform] += 1
            turns = [turn for floor in floors.values() for turn in self._rooms.spend(floor.withdraw(person.id))]
            await tx.put_turns(turns)
            await erase(tx, person)
            await tx.put_state(person.platform, mark)
            tx.erased = True
            return turns

        turns = await self._rooms.change(rooms, work)
        self._rooms.forget(rooms)
        self._thanks.forget()
        self._turns.follow(turns)
