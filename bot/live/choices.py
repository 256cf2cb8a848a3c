"""Choices made in chat: checked, stored with their history in one transaction, and in force once that is committed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.config.cards import placeholders_in
from bot.config.choices import MUTE, Chosen, InRoom, Scope, as_written, described, may_choose, problems, scopes_of
from bot.config.policy import InForce
from bot.config.rules import no_effect
from bot.config.yaml_file import Problem
from bot.decide.times import DAY, HOUR
from bot.remember.choices import (
    ChoiceChange,
    all_choices,
    changes,
    changes_by,
    drop_over,
    layered,
    standing,
    who_made,
    write_change,
)
from bot.remember.person import Person
from bot.remember.store import Store, Transaction
from bot.types import Clock, Room, StoreError
from bot.write.persona import Persona, dishonest

log = structlog.get_logger()

LONGEST_CHOICE = timedelta(seconds=366 * DAY)  # longer is a typing error, or meant without an end
UNDOABLE = 50  # changes of one member that are looked through for one that is not over by itself

Work = Callable[[Transaction], Awaitable[ChoiceChange | None]]


class NotChosen(Exception):
    """Nothing was changed. `why` is a code of `choice.refused` in words.yaml; with "problem", `problems` are what
    `check` would say. `chosen` is what stands in the way of an undo."""

    def __init__(self, why: str, problems: Sequence[str] = (), chosen: Chosen | None = None):
        super().__init__(why, *problems)
        self.why, self.problems, self.chosen = why, tuple(problems), chosen


class Choices:
    """The only way to change choices. Each method of `choose`, `reset` and `undo` is one transaction; its twin with
    `_in` works inside a transaction of the caller, who calls `committed` after the commit. They return the change, or
    None if all stood as it was chosen, and raise NotChosen and StoreError.

    `scope` is one of `scopes_of(room)`; the rule of `room`, where it was asked for, says what may be chosen. `hush`
    ends what is being written where Cameo has been muted."""

    def __init__(self, store: Store, policy: InForce[Persona], clock: Clock, hush: Callable[[], Awaitable[None]]):
        self._store, self._policy, self._clock, self._hush = store, policy, clock, hush
        self._reading = asyncio.Lock()
        self._news = asyncio.Event()
        self._unfit: set[Chosen] = set()  # those that were told about

    # --- what is in force ----------------------------------------------------------------------

    def in_force(self, room: Room) -> InRoom:
        """What is in force in a room now; `values_in_force` lists it."""
        return self._policy.current.in_room(room)

    def hints(self, room: Room, keys: Iterable[str]) -> list[str]:
        """That a key has no effect in the room as it is now, with what it would: what `check` hints at."""
        rule = self.in_force(room).rule
        return [hint for key in keys if (hint := no_effect(rule, key))]

    async def log(self, room: Room, last: int = 10) -> list[ChoiceChange]:
        """The last changes for a room and for its community, newest first. Raises StoreError."""
        return await self._store.ask(changes(scopes_of(room), last))

    async def committed(self) -> None:
        """Puts in force what the store has. Raises StoreError: then that is in force from the next change or start
        on."""
        async with self._reading:  # so that an older answer of the store never replaces a newer one
            found, now = await self._store.ask(all_choices()), self._clock.now()
            self._policy.choose(one for one in found if not one.is_over(now))
        self._news.set()
        self.tell_unfit()
        if any(one.key == MUTE for one in self._policy.current.choices):
            await self._hush()

    async def purge(self, before: datetime) -> int:
        """Forgets in memory who chose what, as far as the store has forgotten it (`Store.purge`)."""
        await self.committed()
        return 0

    def forget(self, person: Person) -> None:
        """Names nobody any more as who chose what this person has chosen. Call this once the store has nothing of
        them."""
        theirs = (person.platform, person.id)
        self._policy.choose(
            replace(one, by="") if (one.scope.platform, one.by) == theirs else one
            for one in self._policy.current.choices
        )

    def tell_unfit(self) -> None:
        """Logs the choices whose persona or model is gone, once each until it is back."""
        policy, unfit = self._policy.current, set[Chosen]()
        for one in policy.choices:
            if problem := next(problems(one.key, one.value, policy.settings.models, policy.personas), None):
                unfit.add(replace(one, value=None))  # a value need not be hashable
                if replace(one, value=None) not in self._unfit:
                    log.warning("choice.unfit", place="/".join(filter(None, one.scope)), problem=described(problem))
        self._unfit = unfit

    async def run(self) -> None:
        """Removes what is over, until cancelled. What is over is out of force before that (see `InForce`)."""
        while True:
            self._news.clear()
            ends = self._policy.current.ends  # asked before, so that one that ends meanwhile is removed, too
            await self._drop_over()
            if ends is None:
                await self._news.wait()
            else:  # looks at least every hour: the clock may be set meanwhile
                await self._pause(min(HOUR, (ends - self._clock.now()).total_seconds()))

    async def _drop_over(self) -> None:
        now = self._clock.now()
        try:
            if not any(one.is_over(now) for one in await self._store.ask(all_choices())):
                return
            if over := await self._store.write(lambda tx: drop_over(tx, now), durable=False):
                log.info("choice.over", count=over)
        except StoreError as error:
            log.error("choice.over_kept", error=str(error))

    async def _pause(self, seconds: float) -> None:
        """Until something is chosen, but at most so long."""
        waits = {asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(self._news.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()

    # --- changes -------------------------------------------------------------------------------

    async def choose(
        self, room: Room, scope: Scope, values: Mapping[str, Any], by: str, until: datetime | None = None
    ) -> ChoiceChange | None:
        """Chooses these values, as typed in chat or as config.yaml holds them; {MUTE: True} mutes. `by` is a member's
        id; `until` is when they end by themselves, a year from now at most."""
        return await self._commit(lambda tx: self.choose_in(tx, room, scope, values, by, until))

    async def reset(self, room: Room, scope: Scope, by: str, keys: Iterable[str] | None = None) -> ChoiceChange | None:
        """Takes back the choices for these keys: whoever made them. Without `keys`, all but a mute."""
        wanted = None if keys is None else list(keys)
        return await self._commit(lambda tx: self.reset_in(tx, room, scope, by, wanted))

    async def undo(self, room: Room, by: str) -> ChoiceChange | None:
        """Takes back the member's last change for the room or its community, unless it is over by itself. Refused if
        somebody has changed it since. What was undone stays undone: the next undo takes back the change before."""
        return await self._commit(lambda tx: self.undo_in(tx, room, by))

    async def _commit(self, work: Work) -> ChoiceChange | None:
        change = await self._store.write(work)
        if change is not None:
            await self.committed()
        return change

    async def choose_in(
        self,
        tx: Transaction,
        room: Room,
        scope: Scope,
        values: Mapping[str, Any],
        by: str,
        until: datetime | None = None,
    ) -> ChoiceChange | None:
        now = self._clock.now()
        written = {key: as_written(key, value) for key, value in values.items()}
        self._permit(room, scope, written)
        if found := [described(problem) for key, value in written.items() for problem in self._problems(key, value)]:
            raise NotChosen("problem", found)
        if until is not None and not now < until <= now + LONGEST_CHOICE:
            raise NotChosen("past" if until <= now else "far")
        there = await tx.ask(standing(scope, now))
        new = {key: Chosen(scope, key, value, by, now, until) for key, value in written.items()}
        after = {key: layered(there.get(key, ()), one) for key, one in new.items()}
        return await self._write(tx, scope, there, after, by, now)

    async def reset_in(
        self, tx: Transaction, room: Room, scope: Scope, by: str, keys: Iterable[str] | None = None
    ) -> ChoiceChange | None:
        now = self._clock.now()
        there = await tx.ask(standing(scope, now))
        gone = [key for key in there if key != MUTE] if keys is None else list(keys)
        self._permit(room, scope, [MUTE])  # what the operator has written is allowed in any case
        return await self._write(tx, scope, there, dict.fromkeys(gone, ()), by, now)

    async def undo_in(self, tx: Transaction, room: Room, by: str) -> ChoiceChange | None:
        now = self._clock.now()
        for change in await tx.ask(changes_by(by, scopes_of(room), UNDOABLE)):
            if _is_over(change, now):
                continue
            self._permit(room, change.scope, [MUTE])
            there = await tx.ask(standing(change.scope, now))
            for key, some in change.after.items():
                if _numbers(there.get(key, ())) != _numbers(_alive(some, now)):
                    raise NotChosen("changed_since", chosen=next(iter(there.get(key, ())), None))
            before = {key: _alive(some, now) for key, some in change.before.items()}
            who = await tx.ask(who_made(one.change for some in before.values() for one in some))
            after = {key: _made_by(who, some) for key, some in before.items()}
            stood = {key: there.get(key, ()) for key in after}
            return await write_change(tx, change.scope, stood, after, by, now, undoes=change.number)
        raise NotChosen("nothing_to_undo")

    async def _write(
        self,
        tx: Transaction,
        scope: Scope,
        there: Mapping[str, tuple[Chosen, ...]],
        after: Mapping[str, tuple[Chosen, ...]],
        by: str,
        now: datetime,
    ) -> ChoiceChange | None:
        """Writes what differs from what is there."""
        new = {key: some for key, some in after.items() if _said(some) != _said(there.get(key, ()))}
        before = {key: there.get(key, ()) for key in new}
        return await write_change(tx, scope, before, new, by, now) if new else None

    def _permit(self, room: Room, scope: Scope, keys: Iterable[str]) -> None:
        """Raises NotChosen unless managers may choose these keys, and ValueError for a scope somewhere else."""
        if scope not in scopes_of(room):
            raise ValueError(f"{scope} is not about {room}")
        allowed = self.in_force(room).base.chat_settings
        for key in keys:
            if why := may_choose(allowed, key, scope):
                raise NotChosen(why)

    def _problems(self, key: str, value: Any) -> Iterator[Problem]:
        policy = self._policy.current
        yield from problems(key, value, policy.settings.models, policy.personas)
        if key == "about" and isinstance(value, str):
            yield from dishonest((key,), value)
            yield from placeholders_in((key,), value)


def _alive(some: Iterable[Chosen], now: datetime) -> tuple[Chosen, ...]:
    return tuple(one for one in some if not one.is_over(now))


def _made_by(who: Mapping[int, str], some: Iterable[Chosen]) -> tuple[Chosen, ...]:
    return tuple(replace(one, by=who.get(one.change, "")) for one in some)


def _numbers(some: Iterable[Chosen]) -> list[int]:
    return [one.change for one in some]


def _said(some: Iterable[Chosen]) -> list[tuple[Any, datetime | None]]:
    return [(one.value, one.until) for one in some]


def _is_over(change: ChoiceChange, now: datetime) -> bool:
    """Whether all that the change has chosen is over by itself. What only takes back is never over."""
    own = [one for some in change.after.values() for one in some if one.change == change.number]
    return bool(own) and not _alive(own, now)
