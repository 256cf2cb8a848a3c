"""The sync loop: events and the token after them are committed together before the loop moves on."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from adapters.matrix.backfill import HEARD
from adapters.matrix.backoff import BackOff
from adapters.matrix.hearing import Batch, Hearing
from adapters.matrix.homeserver import POLL_SECONDS, Homeserver, MatrixError, TooLong
from adapters.matrix.invitations import Invitations
from adapters.matrix.raw import JSONObject
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.session import TOKEN, signed_out
from bot.types import AdapterState, Clock, Hear, PlatformError, Status, StoreError, TypingSign

log = structlog.get_logger()

TIMELINE = 100  # events per room in one response: enough for most absences without further requests
TOKEN_LENGTH = 2000  # characters; it becomes part of a URL, of which servers read 8 KB
IDLE_SECONDS = 1.0  # pause after an immediate empty response, so that a broken server is not flooded with requests


def sync_filter(timeline: int = TIMELINE) -> JSONObject:
    """The sync filter: only events that we hear, and their senders' memberships, every time (nothing is cached)."""
    nothing: JSONObject = {"types": []}
    members: JSONObject = {"lazy_load_members": True, "include_redundant_members": True, "types": list(HEARD)}
    return {
        "presence": nothing,
        "account_data": nothing,
        "room": {
            "timeline": {**members, "limit": timeline},
            "state": members,
            "ephemeral": {"types": ["m.typing"]},
            "account_data": nothing,
        },
    }


class SyncLoop:
    def __init__(
        self,
        server: Homeserver,
        hearing: Hearing,
        invitations: Invitations,
        state: AdapterState,
        clock: Clock,
        *,
        rooms: dict[str, RoomInfo],
        set_status: Callable[[Status], None],
        timeline: int = TIMELINE,
    ):
        self._server = server
        self._hearing = hearing
        self._invitations = invitations
        self._state = state
        self._clock = clock
        self._rooms = rooms
        self._set_status = set_status
        self._timeline = timeline

    async def run(self, hear: Hear, typing: TypingSign, token: str | None) -> None:
        """Syncs until cancelled. Raises MatrixError when we are signed out. Retries after everything else: lost
        connections, errors of the homeserver, and a store that can't commit."""
        back_off, hold = BackOff(), 0.0
        while True:
            try:
                token = await self._once(hear, typing, token, hold)
            except (PlatformError, StoreError) as error:
                if signed_out(error):
                    raise
                if isinstance(error, TooLong):
                    self._timeline = max(1, self._timeline // 10)  # the rest is fetched room by room
                self._set_status(Status.DOWN)
                pause = back_off.failed(error)
                log.warning("matrix_sync_failed", error=str(error), again_in_seconds=round(pause, 1))
                await self._clock.sleep(pause)
                hold = 0.0
            else:
                self._set_status(Status.UP)
                back_off.worked()
                hold = POLL_SECONDS

    async def _once(self, hear: Hear, typing: TypingSign, token: str | None, hold: float) -> str:
        """Reads and commits one response; returns the token of the next."""
        asked = self._clock.now()
        answer = await self._server.sync(token, sync_filter(self._timeline), hold)
        following = answer.get("next_batch")
        if not isinstance(following, str) or not 0 < len(following) <= TOKEN_LENGTH:
            raise MatrixError(200, "no usable next_batch")
        batch = await self._hearing.read(answer, token, live=hold > 0)
        marks = batch.marks()
        if batch.events:
            await hear(batch.events, {**marks, TOKEN: following})
        elif marks or token is None:  # a token alone (typing) need not be stored: an older one loses nothing
            await self._state.put({**marks, TOKEN: following})
        elif following == token and hold and self._clock.now() - asked < timedelta(seconds=IDLE_SECONDS):
            await self._clock.sleep(IDLE_SECONDS)
        self._settle(batch)
        for thread, person in batch.typing:
            typing(thread, person)
        return following

    def _settle(self, batch: Batch) -> None:
        """Applies a committed batch to the state in memory."""
        for room, info in batch.rooms.items():
            if info is None:
                self._rooms.pop(room, None)
            else:
                self._rooms[room] = info
        for room, inviter in batch.invites.items():
            self._invitations.add(room, inviter)
