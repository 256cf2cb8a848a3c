"""Erases what is stored of places that we were removed from, some days later, unless we are back by then."""

from datetime import datetime

import structlog

from bot.live.rooms import Rooms
from bot.remember.removals import REMOVED_PREFIX, due_removals, erase_place, is_back
from bot.remember.store import PURGED_AT_ONCE, Store
from bot.remember.withdrawing import OWNER
from bot.types import Room

log = structlog.get_logger()


class Removals:
    def __init__(self, store: Store, rooms: Rooms):
        self._store, self._rooms = store, rooms

    async def purge(self, before: datetime) -> int:
        """Erases the places that we were removed from before then. Returns the number of messages. Raises
        StoreError."""
        state, erased = self._store.adapter_state(OWNER), 0
        for key, removal in due_removals(await state.scan(REMOVED_PREFIX), before).items():
            if not await self._store.ask(is_back(removal)):
                erased += await self._erase(removal.room)
            await state.put({key: None})
        return erased

    async def _erase(self, place: Room) -> int:
        erased = 0
        while count := await self._store.write(lambda tx: erase_place(tx, place, PURGED_AT_ONCE)):
            erased += count
        self._rooms.forget_place(place)
        log.info("place.erased", room=str(place))
        return erased
