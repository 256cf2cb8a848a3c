"""The Matrix adapter: hears and speaks in the rooms that we were invited to. Unencrypted text rooms only."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from adapters.matrix.backoff import BackOff
from adapters.matrix.hearing import Hearing
from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.invitations import INVITE_MARK, Invitations
from adapters.matrix.lookup import look_up
from adapters.matrix.media import fetch
from adapters.matrix.notes import notes_of
from adapters.matrix.outbox import Outbox
from adapters.matrix.rooms import RoomInfo, loaded
from adapters.matrix.session import TOKEN, Session, named, open_session
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.sync import TIMELINE, SyncLoop
from adapters.matrix.translate import Ear
from bot.types import (
    Adapter,
    AdapterState,
    Answer,
    Arrival,
    Asked,
    Capabilities,
    Clock,
    CommitMark,
    Hear,
    Message,
    NotSent,
    PlatformError,
    PlatformRefused,
    Reply,
    Room,
    RoomNotes,
    Status,
    StoreError,
    Thread,
    TypingSign,
    Undeliverable,
)

log = structlog.get_logger()


class MatrixAdapter:
    """Implements `bot.types.Adapter`. `timeline`: events per room in one sync response (the rest is fetched)."""

    name = "matrix"
    capabilities = Capabilities(reactions=True, threads=True, images_in=True, typing_signs=True)

    def __init__(self, settings: MatrixSettings, state: AdapterState, clock: Clock, *, timeline: int = TIMELINE):
        self.status = Status.STARTING
        self._settings = settings
        self._state = state
        self._clock = clock
        self._timeline = timeline
        self._outbox: Outbox | None = None
        self._server: Homeserver | None = None
        self._session: Session | None = None
        self._rooms: dict[str, RoomInfo] = {}

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        if not self._settings.homeserver:
            self._set_status(Status.REFUSED)
            raise PlatformRefused("matrix: platforms.matrix.homeserver is not set")
        self._set_status(Status.STARTING)
        server = Homeserver(self._settings.homeserver)
        try:
            session = await self._open(server)
            await self._listen(server, session, hear, typing)
        except PlatformRefused:
            self._set_status(Status.REFUSED)
            raise
        finally:
            self._outbox = self._server = self._session = None
            if self.status is not Status.REFUSED:
                self._set_status(Status.DOWN)
            await server.close()

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        try:
            return await self._signed_in().send(reply, key, tried)
        except NotSent as error:
            if tried is None:
                raise
            raise PlatformError(str(error)) from error  # not sent by this attempt, but perhaps by an earlier one

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        return await self._signed_in().find(reply, key, tried)

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        return await self._signed_in().tell(room, text, key)

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        """Answers in reply to the command; a file can't be given there."""
        if answer.file:
            raise Undeliverable("a file would be for everybody in the room")
        await self._signed_in().send(Reply(asked.thread, answer.text, asked.id), key, None)

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        await self._signed_in().react(room, message_id, emoji, key)

    async def delete(self, thread: Thread, message_id: str) -> None:
        await self._signed_in().delete(thread.room.id, message_id)

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        await self._signed_in().unreact(room, message_id, emoji)

    async def typing(self, thread: Thread) -> None:
        try:
            await self._signed_in().typing(thread.room.id)
        except PlatformError as error:
            log.debug("matrix_typing_failed", error=str(error))

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        """Does nothing: each unfinished text would be an edit that every member downloads."""

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        if self._server is None:
            raise PlatformError("matrix: not signed in")
        return await fetch(self._server, thread, message_id, n, most_bytes)

    async def notes(self, room: Room) -> RoomNotes:
        if self._server is None:
            raise PlatformError("matrix: not signed in")
        known = self._rooms.get(room.id)
        return await notes_of(self._server, room.id, shows_past=known is not None and not known.visibility.narrow)

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        room = self._rooms.get(thread.room.id)
        if self._server is None or self._session is None:
            raise PlatformError("matrix: not signed in")
        if room is None:
            return None
        session = self._session
        ear = Ear(room, session.user, self._clock.now(), session.name, history=True)
        return await look_up(self._server, ear, message_id)

    async def forget(self, member: str, commit: CommitMark) -> None:
        open_invitations = await self._state.scan(INVITE_MARK)
        await commit({mark: None for mark, inviter in open_invitations.items() if inviter == member})

    def link(self, thread: Thread, message_id: str) -> str:
        room = self._rooms.get(thread.room.id)
        return "" if room is None or room.direct else f"https://matrix.to/#/{room.id}/{message_id}"

    def _signed_in(self) -> Outbox:
        if self._outbox is None:
            raise NotSent("matrix: not signed in")
        return self._outbox

    def _set_status(self, status: Status) -> None:
        if status is not self.status:
            self.status = status
            log.info(f"platform.{status}", platform=self.name)

    async def _open(self, server: Homeserver) -> Session:
        """Signs in, retrying while the homeserver is away. Raises PlatformRefused if it rejects us."""
        back_off = BackOff()
        while True:
            try:
                return await named(server, await open_session(server, self._settings, self._state))
            except (MatrixError, StoreError) as error:
                self._set_status(Status.DOWN)
                pause = back_off.failed(error)
                log.warning("matrix_away", error=str(error), again_in_seconds=round(pause, 1))
            await self._clock.sleep(pause)

    async def _listen(self, server: Homeserver, session: Session, hear: Hear, typing: TypingSign) -> None:
        self._rooms = rooms = await self._known_rooms()
        invitations = Invitations(server, self._settings.invites_from, self._clock)
        hearing = Hearing(server, session, rooms, self._clock)
        loop = SyncLoop(
            server,
            hearing,
            invitations,
            self._state,
            self._clock,
            rooms=rooms,
            set_status=self._set_status,
            timeline=self._timeline,
        )
        self._server, self._session = server, session
        self._outbox = Outbox(server, session, rooms, self._clock)
        log.info("matrix_signed_in", user=session.user, device=session.device, rooms=len(rooms))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(invitations.run(self._state))
                group.create_task(loop.run(hear, typing, await self._state.get(TOKEN)))
        except ExceptionGroup as errors:
            if errors.split(MatrixError)[1]:
                raise  # unexpected: a bug
            raise self._signed_out() from errors

    def _signed_out(self) -> PlatformError:
        """The error for a session that was signed out while listening. A password opens a new session at the next run;
        a token can't be used again."""
        if self._settings.token:
            return PlatformRefused(f"matrix: {self._settings.token_env} is no longer accepted: it was signed out")
        return PlatformError("matrix: signed out by the homeserver")

    async def _known_rooms(self) -> dict[str, RoomInfo]:
        kept = (loaded(text) for text in (await self._state.scan("room/")).values())
        return {info.id: info for info in kept if info}


def open(
    settings: MatrixSettings,
    state: AdapterState,
    clock: Clock,
    *,
    voice: Callable[[Room], str],
    our_names: Callable[[], Sequence[str]],
    greet: Callable[[Arrival], str],
) -> Adapter:
    """Creates the adapter. All personas use one account, whose name is set on Matrix, so `voice` and `our_names` are
    unused."""
    return MatrixAdapter(settings, state, clock)
