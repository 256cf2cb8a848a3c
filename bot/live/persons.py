"""What a person may ask about their own data: what is kept, a copy of it, and that it goes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from bot.live.rooms import Floors, Rooms
from bot.live.thanks import Thanks
from bot.live.turns import Turns
from bot.remember.contacts import counted_contacts, delete_contacts, exported_contacts
from bot.remember.erasing import erase
from bot.remember.hiding import hide
from bot.remember.person import Person, counted, everybody, exported, rooms_of
from bot.remember.store import Store, Transaction
from bot.remember.wishes import FOREVER, MemberWish
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
        self._wishes = rooms.wishes
        self.erased: Callable[[Person], None] = lambda person: None  # called once the database has nothing of a person

    async def show(self, person: Person) -> dict[str, int]:
        """How many things of each kind are kept, by the key of their words (`bot/explain/held_lines.py`)."""
        counts = await self._store.ask(counted(person))
        contacts = await self._store.ask(counted_contacts(self._wishes, person.platform, person.id))
        return {**counts, "contacts": contacts} if contacts else counts

    async def export(self, person: Person) -> dict[str, Any]:
        """All that is kept of the person, as one JSON object with its sources."""
        return {
            "platform": person.platform,
            "member": person.id,
            "made": self._clock.now().isoformat(),
            "sources": [
                *await self._store.ask(exported(person)),
                *await self._store.ask(exported_contacts(self._wishes, person.platform, person.id)),
            ],
            "opted_out": self._wishes.is_out(person.platform, person.id),
            "quiet": self._wishes.is_quiet(person.platform, person.id),
        }

    async def erase(self, person: Person) -> None:
        """Erases everything about the person: the database in one transaction, then the files beside it. Nothing that
        they said before now is stored again, wherever it comes from. After a crash, the next start does what is
        left."""
        self._wishes.add(person.platform, person.id, MemberWish.ERASED, self._clock.now())
        await self._erase(person)
        log.info("person.erased", platform=person.platform)

    async def _erase(self, person: Person) -> None:
        adapter = self._adapters.get(person.platform)
        commit = partial(self._commit, person)
        await (adapter.forget(person.id, commit) if adapter else commit({}))
        for erase_from in self._files:
            await asyncio.to_thread(erase_from, person)

    async def opt_out(self, person: Person) -> None:
        """From now on nothing of the person is stored, answered, shown to a model, quoted or pointed at. What was
        stored before is hidden at once; erasing it is another wish."""
        self._wishes.add(person.platform, person.id, MemberWish.OPT_OUT, self._clock.now())
        await self._withdraw(person, lambda tx: hide(tx, person))

    async def opt_in(self, person: Person) -> None:
        """Ends that, from now on. What was stored before stays hidden from others."""
        self._wishes.add(person.platform, person.id, MemberWish.OPT_IN, self._clock.now())

    async def be_quiet(self, person: Person, *, wanted: bool = True) -> None:
        """From now on nothing uncalled is said about the person's posts or in their threads; or it may be again."""
        wish = MemberWish.QUIET if wanted else MemberWish.NOT_QUIET
        self._wishes.add(person.platform, person.id, wish, self._clock.now())
        rooms = await self._store.ask(lambda connection: rooms_of(connection, person))

        async def work(tx: Transaction, floors: Floors) -> list[Turn]:
            turns = [turn for floor in floors.values() for turn in self._rooms.spend(floor.leave_in_peace())]
            await tx.put_turns(turns)
            return turns

        self._turns.follow(await self._rooms.change(rooms, work))

    def standing(self, person: Person) -> tuple[bool, bool]:
        """Whether the person has opted out, and whether nothing uncalled is said about their posts."""
        platform, member = person.platform, person.id
        return self._wishes.is_out(platform, member), self._wishes.is_quiet(platform, member)

    async def restore(self) -> None:
        """At the start: does what a crash has left, or a backup has brought back. Raises StoreError."""
        if self._wishes.is_empty:
            return
        for person, oldest in await self._store.ask(everybody):
            barred = self._wishes.barred_before(person.platform, person.id)
            if barred == FOREVER:
                await self._store.write(lambda tx, person=person: hide(tx, person))  # type: ignore[misc]
            elif self._wishes.was_erased(person.platform, person.id) > oldest:
                await self._erase(person)

    async def _commit(self, person: Person, mark: Mark) -> None:
        async def work(tx: Transaction) -> None:
            await erase(tx, person)
            await tx.run(delete_contacts(self._wishes, person.platform, person.id))
            await tx.put_state(person.platform, mark)
            tx.erased = True

        await self._withdraw(person, work)
        self.erased(person)

    async def _withdraw(self, person: Person, work: Callable[[Transaction], Awaitable[object]]) -> None:
        """Ends what is under way about the person, and does `work` in the same transaction."""
        rooms = await self._store.ask(lambda connection: rooms_of(connection, person))

        async def withdraw(tx: Transaction, floors: Floors) -> list[Turn]:
            self._rooms.withdrawn[person.platform] += 1
            turns = [turn for floor in floors.values() for turn in self._rooms.spend(floor.withdraw(person.id))]
            await tx.put_turns(turns)
            await work(tx)
            return turns

        turns = await self._rooms.change(rooms, withdraw)
        self._rooms.forget(rooms)
        self._thanks.forget()
        self._turns.follow(turns)
