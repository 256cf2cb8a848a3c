"""Sends what is written until it is on the platform, and stores that it is there."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from bot.live.rooms import Rooms
from bot.live.transitions import Transitions
from bot.types import Adapter, Clock, NotSent, PlatformError, Reply, State, StoreError, Turn, Undeliverable

log = structlog.get_logger()

LONGEST_PAUSE = 60.0  # seconds between tries while a platform or the disk is away


class Delivery:
    """`idle` is called with True while a turn only waits for quiet hours to end: a shutdown need not wait for it."""

    def __init__(self, transitions: Transitions, rooms: Rooms, adapters: Mapping[str, Adapter], clock: Clock):
        self._transitions, self._rooms, self._adapters, self._clock = transitions, rooms, adapters, clock

    async def send(self, turn: Turn, is_first_try: bool, idle: Callable[[bool], None]) -> bool:
        """Until the turn is sent, or failed. From the second attempt on, also after a restart, the adapter is told
        when the first one was: then it looks whether the reply is already there. False if the first attempt surely
        never left."""
        tried, pause = (None if is_first_try else turn.tried), 1.0
        while True:
            await self._wait_out_quiet_hours(turn, idle)
            try:
                reply_id = await self._deliver(turn, tried)
                break
            except Undeliverable as error:
                log.warning("turn.undeliverable", turn=turn.id, room=str(turn.thread.room), error=str(error))
                await self._transitions.move(turn, State.FAILED, error="undeliverable")
                return True
            except PlatformError as error:
                log.warning("turn.delayed", turn=turn.id, seconds=pause, error=str(error))
                if tried is None and isinstance(error, NotSent):
                    return False
            await self._clock.sleep(pause)
            tried, pause = turn.tried, min(LONGEST_PAUSE, pause * 2)
        await self.until_stored(turn, lambda: self._transitions.move(turn, State.SENT, reply_id=reply_id))
        return True

    async def _wait_out_quiet_hours(self, turn: Turn, idle: Callable[[bool], None]) -> None:
        """Where the platform was away until they began. What was tried may stand, so it is not decided again."""
        while not turn.addressed and (until := self._rooms.quiet_until(turn.thread.room)):
            idle(True)
            await self._clock.sleep((until - self._clock.now()).total_seconds())
            idle(False)

    async def _deliver(self, turn: Turn, tried: datetime | None) -> str | None:
        adapter = self._adapters[turn.thread.room.platform]
        if turn.sign:
            await adapter.react(turn.thread.room, turn.trigger, turn.sign, turn.key)
            return None
        ids = await adapter.send(Reply(turn.thread, turn.text, turn.trigger), turn.key, tried)
        return ids[0] if ids else None

    async def until_stored(self, turn: Turn, step: Callable[[], Awaitable[Turn | None]]) -> Turn | None:
        """Whether the reply is on the platform is known; now that must be stored, however long the disk is full."""
        pause = 1.0
        while True:
            try:
                return await step()
            except StoreError as error:
                log.error("turn.delivery_not_stored", turn=turn.id, error=str(error))
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
