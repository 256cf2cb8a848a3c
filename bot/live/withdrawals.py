"""Deletes our answers whose questions were deleted (`delete_with_question`), until each platform has done so."""

import asyncio
from collections.abc import Mapping

import structlog

from bot.live.pending_work import keep_up
from bot.remember.store import Store
from bot.remember.withdrawing import OWNER, WITHDRAWN_PREFIX, pending
from bot.types import Adapter, Clock, PlatformError, StoreError, Thread, Undeliverable

log = structlog.get_logger()


class Withdrawals:
    """`deleted` is set whenever a message was deleted. `run` until cancelled."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter], deleted: asyncio.Event, clock: Clock):
        self._state, self._adapters, self._deleted, self._clock = store.adapter_state(OWNER), adapters, deleted, clock

    async def run(self) -> None:
        """Takes up what a restart has interrupted, then follows deletions."""
        await keep_up(self._all_done, self._deleted, self._clock)

    async def _all_done(self) -> bool:
        """Deletes everything that is pending; whether nothing is left."""
        try:
            waiting = pending(await self._state.scan(WITHDRAWN_PREFIX))
            done = [key for key, (thread, message_id) in waiting.items() if await self._is_gone(thread, message_id)]
            if done:
                await self._state.put(dict.fromkeys(done))
        except StoreError as error:
            log.error("withdrawal.not_stored", error=str(error))
            return False
        return len(done) == len(waiting)

    async def _is_gone(self, thread: Thread, message_id: str) -> bool:
        """Deletes a message; False if it has to be tried again. One that never can be deleted counts as done."""
        adapter = self._adapters.get(thread.room.platform)
        if adapter is None:
            return True  # the platform was switched off; by the time it is back, the answer is old
        try:
            await adapter.delete(thread, message_id)
        except Undeliverable as error:
            log.warning("withdrawal.refused", room=str(thread.room), error=str(error))
        except PlatformError:
            return False
        return True
