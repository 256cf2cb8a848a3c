"""Thanks people who were pointed at: their message gets one emoji of ours, once somebody else is glad of it
(`thank_helpers`).

What is owed is stored with the event that shows it, and given by a task of its own, so that a restart at any moment
loses none and gives none twice. It counts towards no limit: there is at most one for each reply that points, and those
count.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from bot.decide.pseudonyms import digest
from bot.decide.reasons import Reason
from bot.decide.thanks import LONGEST_THANKS, Pointing, glad_message, glad_reaction
from bot.explain.words import Words
from bot.live.pending_work import keep_up
from bot.live.pointed_rooms import GLAD_WITHIN
from bot.live.rooms import Floors, Rooms
from bot.remember.store import Store, Transaction
from bot.remember.thanks import Owed, owed, owing, pointings, settled
from bot.types import Adapter, Audience, Clock, Message, PlatformError, Reaction, Room, StoreError, Turn, Undeliverable

log = structlog.get_logger()

ROOMS_KNOWN = 500  # rooms whose pointings are kept, a few kB each
AT_ONCE = 50  # reactions that are given before looking for more
TO_US = (Reason.THANKS, Reason.EMOJI)  # what was said to us, though it called nobody


class Thanks:
    """`hear_all` and `react` take in events inside their transaction, `run` gives what is owed until cancelled."""

    def __init__(self, store: Store, rooms: Rooms, adapters: Mapping[str, Adapter], words: Words, clock: Clock):
        self._store, self._rooms, self._adapters = store, rooms, adapters
        self._words, self._clock = words, clock
        self._owed, self._owes = asyncio.Event(), False
        self._known: dict[Room, tuple[datetime | None, list[Pointing]]] = {}  # by when we had last pointed there

    # --- owed ----------------------------------------------------------------------------------

    async def hear_all(self, tx: Transaction, floors: Floors, said: Sequence[Message], turns: Sequence[Turn]) -> None:
        """Takes in recognised messages, with the turns about them."""
        to_us = {turn.trigger for turn in turns if turn.decision.reason in TO_US}
        for message in said:
            if len(message.text) <= LONGEST_THANKS and self._concerns(message.room):
                await self._hear(tx, floors, message, called=message.addressed or message.id in to_us)

    async def _hear(self, tx: Transaction, floors: Floors, message: Message, *, called: bool) -> None:
        names, known = floors[message.room].state.our_names, await self._pointings(tx, message.room)
        if glad := glad_message(message, known, names, self._rooms.packs, called=called):
            await self._owe(tx, message.room, glad.points_at)

    async def react(self, tx: Transaction, reaction: Reaction) -> None:
        """Takes in a reaction."""
        if reaction.removed or not self._concerns(reaction.room):
            return
        if glad := glad_reaction(reaction, await self._pointings(tx, reaction.room)):
            await self._owe(tx, reaction.room, glad.points_at)

    def _concerns(self, room: Room) -> bool:
        has_pointed = self._rooms.pointed.last(room, self._clock.now()) is not None
        return has_pointed and self._rooms.rule(room).thank_helpers

    async def _pointings(self, tx: Transaction, room: Room) -> list[Pointing]:
        """The room's pointings of the last day. Kept, because a question takes longer than all else here."""
        since = self._clock.now() - GLAD_WITHIN
        last = self._rooms.pointed.last(room, self._clock.now())
        if self._known.get(room, (None, []))[0] != last:
            self._known[room] = last, await tx.ask(pointings(room, since))
        return [one for one in self._known[room][1] if one.at >= since]

    def forget(self) -> None:
        """Call this once messages were deleted: what is kept may name their authors."""
        self._known.clear()

    async def _owe(self, tx: Transaction, room: Room, message_id: str) -> None:
        await tx.run(owing(room, message_id, self._clock.now()))
        self._owes = True

    def committed(self) -> None:
        """Call this once a transaction in which events were taken in has been committed."""
        if len(self._known) > ROOMS_KNOWN:
            self._known.clear()
        if self._owes:
            self._owes = False
            self._owed.set()

    # --- given ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Takes up what a restart has interrupted, then what becomes owed."""
        await keep_up(self._all_given, self._owed, self._clock)

    async def _all_given(self) -> bool:
        """Gives everything that is owed; whether nothing is left."""
        try:
            waiting = await self._store.ask(owed(AT_ONCE))
            done = [await self._give(one) for one in waiting]
        except StoreError as error:
            log.error("thanks.not_stored", error=str(error))
            return False
        return all(done) and len(waiting) < AT_ONCE

    async def _give(self, one: Owed) -> bool:
        """Gives an emoji, or decides against it; False if it has to be tried again. Raises StoreError."""
        emoji = self._words.say("sign.thanks") if await self._is_due(one) else ""
        try:
            if emoji:
                await self._adapters[one.room.platform].react(one.room, one.message_id, emoji, key_of(one))
        except Undeliverable as error:
            log.warning("thanks.undeliverable", room=str(one.room), error=str(error))
            emoji = ""
        except PlatformError as error:
            log.info("thanks.delayed", room=str(one.room), error=str(error))
            return False
        await self._store.write(lambda tx: tx.run(settled(one, emoji)))
        return True

    async def _is_due(self, one: Owed) -> bool:
        """Not for a message that is gone or whose author is to be left alone, and nowhere that nothing uncalled may be
        said now."""
        rule, message = self._rooms.rule(one.room), await self._store.message(one.room.platform, one.message_id)
        if (
            message is None
            or message.audience is Audience.NOBODY
            or one.room.platform not in self._adapters
            or self._clock.now() - one.since > GLAD_WITHIN
        ):
            return False
        wanted = (
            rule.join != "off" and rule.thank_helpers and rule.names("ignore", message.author) is None
        ) and self._rooms.silenced(one.room) is None
        return wanted and await self._rooms.paused(one.room, {}) is None


def key_of(one: Owed) -> str:
    """Makes giving the emoji idempotent."""
    return f"{digest(one.room.platform, one.message_id)[:20]}/thanks"
