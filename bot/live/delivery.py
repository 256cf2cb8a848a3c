"""Sends a written reply, retrying until the platform has it, and stores that it was sent."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.decide.floor import SIGN
from bot.decide.pseudonyms import is_mark
from bot.decide.reasons import Reason
from bot.live.rooms import Rooms
from bot.live.transitions import Transitions
from bot.types import Adapter, Blocked, Clock, NotSent, PlatformError, Reply, State, StoreError, Turn, Undeliverable

log = structlog.get_logger()

HOURGLASS_AGE = timedelta(days=1)  # an older one has scrolled away, and nobody waits for it
PRIVACY = "!cameo privacy show"  # the command that our first words name
BLOCKED = "blocked"  # the code of a turn whose text the community's own filter has refused
LONGEST_PAUSE = 60.0  # seconds between tries while a platform or the disk is away


class Delivery:
    """Sends the replies of turns that are in the state `sending`."""

    def __init__(
        self,
        transitions: Transitions,
        rooms: Rooms,
        adapters: Mapping[str, Adapter],
        clock: Clock,
        introduce: Callable[[Turn, str], str],
    ):
        """`introduce` gives the line that tells who we are, under the words of a turn, with the command to see more."""
        self._transitions, self._rooms, self._adapters, self._clock = transitions, rooms, adapters, clock
        self._introduce = introduce

    async def send(
        self, turn: Turn, is_first_try: bool, idle: Callable[[bool], None], instead: Callable[[], str]
    ) -> bool:
        """Retries until the turn is sent or has failed. From the second attempt on, also after a restart, the adapter
        gets the time of the first attempt, so that it looks for the reply on the platform before sending again. False
        if the reply is not on the platform: the first attempt certainly was not sent, or the turn's deadline has passed
        or the room was muted, and the adapter has not found the reply.

        `instead` gives the line that a caller gets if the community's own filter refuses the text.
        `idle` is called with True while the turn only waits for quiet hours to end (a shutdown need not wait for it),
        then with False."""
        tried, pause, notice = (None if is_first_try else turn.tried), 1.0, await self._notice(turn)
        while True:
            if turn.text or turn.sign:
                await self._wait_out_quiet_hours(turn, idle)
            if self._is_void(turn):
                await self._transitions.move(turn, State.FAILED, error="undeliverable")
                return True
            try:
                if tried and self._is_unwanted(turn) and not await self._find(turn, tried, notice):
                    return False
                reply_id = await self._deliver(turn, tried, notice)
                break
            except Blocked as error:
                log.warning("turn.blocked", turn=turn.id, room=str(turn.thread.room), error=str(error))
                replaced = await self._replace(turn, instead)
                if replaced is None:
                    return True
                turn, tried = replaced, turn.tried
                continue
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
        if turn.addressed and not turn.sign:
            await self._take_hourglasses_away(turn)
        return True

    def _is_unwanted(self, turn: Turn) -> bool:
        return self._rooms.is_late(turn) or self._rooms.silenced(turn.thread.room) is Reason.MUTED

    def _is_void(self, turn: Turn) -> bool:
        """Whether there is nothing to say any more: the text repeated somebody who has been erased since, and then we
        were restarted; or its member has opted out."""
        return not (turn.text or turn.sign) or self._rooms.wishes.is_out(turn.thread.room.platform, turn.member)

    async def _replace(self, turn: Turn, instead: Callable[[], str]) -> Turn | None:
        """Puts a line in place of the text, once and if somebody called us. None if the turn has ended."""
        if turn.addressed and turn.error != BLOCKED:
            said: dict[str, Any] = {"text": instead(), "error": BLOCKED, "points_at": ""}
            return await self.until_stored(turn, lambda: self._transitions.move(turn, State.SENDING, **said))
        await self._transitions.move(turn, State.FAILED, error=BLOCKED)
        return None

    async def _take_hourglasses_away(self, turn: Turn) -> None:
        """Removes our hourglass from what the member wrote before, now that an answer has come. Tried once: what stays
        is tried again after the next answer."""
        room = turn.thread.room
        try:
            for message_id in await self._transitions.hourglasses(turn, self._clock.now() - HOURGLASS_AGE):
                await self._adapters[room.platform].unreact(room, message_id, SIGN)
        except (PlatformError, StoreError) as error:
            log.debug("hourglass.left", turn=turn.id, error=str(error))

    async def _wait_out_quiet_hours(self, turn: Turn, idle: Callable[[bool], None]) -> None:
        """Waits if quiet hours began while the platform was away. Does not decide again: an earlier attempt may already
        be on the platform."""
        while not turn.addressed and (waits := await self._rooms.paused(turn.thread.room, {})):
            assert waits.due is not None
            idle(True)
            await self._clock.sleep((waits.due - self._clock.now()).total_seconds())
            idle(False)

    async def _notice(self, turn: Turn) -> str:
        """The line under our first words to somebody, and from time to time again; not under an emoji, nor under what
        no writer wrote: limits, apologies, and what we say to somebody in danger. It names a command, so there is none
        where people can use none. Raises StoreError."""
        can_ask = self._adapters[turn.thread.room.platform].capabilities.commands
        if not can_ask or turn.sign or not turn.model or not turn.member or is_mark(turn.member):
            return ""
        return self._introduce(turn, PRIVACY) if await self._transitions.is_told(turn) else ""

    async def _find(self, turn: Turn, tried: datetime, notice: str) -> bool:
        """True if an earlier attempt has reached the platform. A sign is not looked for."""
        adapter = self._adapters[turn.thread.room.platform]
        return not turn.sign and await adapter.find(_reply(turn, notice), turn.key, tried)

    async def _deliver(self, turn: Turn, tried: datetime | None, notice: str) -> str | None:
        adapter = self._adapters[turn.thread.room.platform]
        if turn.sign:
            await adapter.react(turn.thread.room, turn.trigger, turn.sign, turn.key)
            return None
        ids = await adapter.send(_reply(turn, notice), turn.key, tried)
        return ids[0] if ids else None

    async def until_stored(self, turn: Turn, step: Callable[[], Awaitable[Turn | None]]) -> Turn | None:
        """Retries `step` until the store accepts it, however long the disk is full: what happened to the reply on the
        platform must not be lost."""
        pause = 1.0
        while True:
            try:
                return await step()
            except StoreError as error:
                log.error("turn.delivery_not_stored", turn=turn.id, error=str(error))
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)


def _reply(turn: Turn, notice: str) -> Reply:
    return Reply(turn.thread, turn.text, turn.trigger, notice)
