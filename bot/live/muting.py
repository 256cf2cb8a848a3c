"""Ends what is being written where a manager has muted Cameo, so that nothing of it is shown any more.

This only makes it prompt: the last gates of a turn (`course.py`, `delivery.py`) let nothing out of a muted room."""

import structlog

from bot.decide.reasons import Reason
from bot.live.rooms import Floors, Rooms
from bot.live.turns import Turns
from bot.remember.store import Store, Transaction
from bot.types import Clock, Room, State, StoreError, Turn

log = structlog.get_logger()

BEGUN = (State.DUE, State.WRITING)


class Muting:
    """`hush` never raises."""

    def __init__(self, store: Store, rooms: Rooms, turns: Turns, clock: Clock):
        self._store, self._rooms, self._turns, self._clock = store, rooms, turns, clock

    async def hush(self) -> None:
        """Ends the turns that are due or being written in muted rooms."""
        try:
            begun = [turn for turn in await self._store.open_turns() if turn.state in BEGUN]
            for room in dict.fromkeys(turn.thread.room for turn in begun):
                if self._rooms.silenced(room) is Reason.MUTED:
                    self._turns.follow(await self._end(room))
        except StoreError as error:
            log.error("mute.not_stored", error=str(error))

    async def _end(self, room: Room) -> list[Turn]:
        async def end(tx: Transaction, floors: Floors) -> list[Turn]:
            ended = self._rooms.spend(floors[room].mute(self._clock.now()))
            await tx.put_turns(ended)
            return ended

        return await self._rooms.change([room], end)
