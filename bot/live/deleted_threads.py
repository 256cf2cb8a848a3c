"""Deletes the messages of threads and rooms that were deleted as a whole, a few at a time."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from bot.live.pending_work import keep_up
from bot.remember.store import Store
from bot.remember.thread_deletions import DELETED_PREFIX, left_in, pending_deletions
from bot.remember.withdrawing import OWNER
from bot.types import Clock, Event, StoreError, ThreadDeletion

log = structlog.get_logger()


class HearsPlatform(Protocol):
    """`Participant.hear`, for events of any platform."""

    async def __call__(self, platform: str, events: Sequence[Event]) -> None: ...


class DeletedThreads:
    """`more` is set whenever a thread or room was deleted. `run` until cancelled."""

    def __init__(self, store: Store, hear: HearsPlatform, more: asyncio.Event, clock: Clock):
        self._store, self._state = store, store.adapter_state(OWNER)
        self._hear, self._more, self._clock = hear, more, clock

    async def run(self) -> None:
        """Takes up what a restart has interrupted, then follows deletions."""
        await keep_up(self._all_done, self._more, self._clock)

    async def _all_done(self) -> bool:
        try:
            for key, gone in pending_deletions(await self._state.scan(DELETED_PREFIX)).items():
                await self._delete(gone)
                await self._state.put({key: None})
        except StoreError as error:
            log.error("thread_deletion.not_stored", error=str(error))
            return False
        return True

    async def _delete(self, gone: ThreadDeletion) -> None:
        """Deletes as the platform would, message by message. The newest go first: so our answers are known to be gone
        before their questions go."""
        for question in left_in(gone):
            before = None
            while found := await self._store.ask(question(before)):
                await self._hear(gone.room.platform, [deletion for _, deletion in found])
                before = found[-1][0]
