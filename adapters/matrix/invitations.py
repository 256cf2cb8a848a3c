"""Handles invitations: those from allowed users are accepted, the others declined with a reason.

A homeserver reports an invitation only once, so each is stored in a mark until it is settled.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

import structlog

from adapters.matrix.backoff import BackOff
from adapters.matrix.homeserver import Homeserver
from bot.types import AdapterState, Clock, PlatformError, StoreError

log = structlog.get_logger()

JOIN_ATTEMPTS = 8  # about four minutes: enough for a homeserver to start, or for federation to catch up
JOINS_AT_ONCE = 4  # joining is slow for the homeserver, and many invitations must not delay replies
WAITING = 1000  # invitations in memory; further ones (spam) wait in their marks for the next start
REASON = "Cameo accepts invitations only from people that its operator has named."

INVITE_MARK = "invite/"


def allowed(inviter: str, patterns: Sequence[str]) -> bool:
    """True if the inviter's id matches one of the patterns. `*` matches anything; case-sensitive, as ids are."""
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), inviter) for pattern in patterns)


class Invitations:
    def __init__(self, server: Homeserver, patterns: Sequence[str], clock: Clock):
        self._server = server
        self._patterns = tuple(patterns)
        self._clock = clock
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(WAITING)

    def add(self, room: str, inviter: str) -> None:
        try:
            self._waiting.put_nowait((room, inviter))
        except asyncio.QueueFull:
            log.warning("matrix_invitation_postponed", room=room)

    async def run(self, state: AdapterState) -> None:
        """Settles invitations until cancelled, beginning with those left open by the previous run."""
        for mark, inviter in (await state.scan(INVITE_MARK)).items():
            self.add(mark.removeprefix(INVITE_MARK), inviter)
        async with asyncio.TaskGroup() as group:
            for _ in range(JOINS_AT_ONCE):
                group.create_task(self._settle_all(state))

    async def _settle_all(self, state: AdapterState) -> None:
        while True:
            room, inviter = await self._waiting.get()
            if not self._patterns:
                log.info("matrix_invitation_left_alone", room=room, inviter=inviter)
                continue  # keeps its mark: it is decided again once `invites_from` is set
            await self._settle(room, inviter)
            try:
                await state.put({INVITE_MARK + room: None})
            except StoreError:
                log.warning("matrix_invitation_kept", room=room)  # settled again at the next start, which is harmless

    async def _settle(self, room: str, inviter: str) -> None:
        welcome = allowed(inviter, self._patterns)
        log.info("matrix_invited", room=room, inviter=inviter, welcome=welcome)
        if welcome:
            await self._insist("join", room, lambda: self._server.join(room))
        else:
            await self._insist("decline", room, lambda: self._server.leave(room, REASON))

    async def _insist(self, what: str, room: str, call: Callable[[], Awaitable[None]]) -> None:
        """Retries `call`: right after an invitation, servers may not yet agree that it exists and refuse."""
        back_off = BackOff()
        for _ in range(JOIN_ATTEMPTS):
            try:
                return await call()
            except PlatformError as error:
                log.info("matrix_invitation_failed", attempt=what, room=room, error=str(error))
                await self._clock.sleep(back_off.failed(error))
        log.warning("matrix_invitation_given_up", attempt=what, room=room)
        return None
