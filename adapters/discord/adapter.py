"""The Discord adapter: connects, records events in order, and sends each reply once."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Never

import structlog

from bot.types import (
    Adapter,
    AdapterState,
    Answer,
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
    Thread,
    TypingSign,
    Undeliverable,
)

from .channel_index import ChannelIndex
from .channels import PLATFORM, Channels
from .client import DiscordClient, build_client
from .errors import of_connection
from .files import Files
from .history import ChannelHistory
from .http import Endpoints
from .inbox import Inbox
from .lookup import requested
from .notes import Notes
from .payload import Payload
from .recorder import Recorder
from .sender import Sender
from .settings import DiscordSettings
from .split import LENGTH
from .translate import message, typist

CLOSE_SECONDS = 3.0  # the SDK would wait 30 s for a silent gateway; the process has 10 s to shut down

log = structlog.get_logger()


class DiscordAdapter:
    """Implements `bot.types.Adapter`.

    `client_options` are passed to discord.py (`shard_count`, `guild_ready_timeout`), except for `identify_pause`, the
    seconds between two IDENTIFYs. Without `shard_count`, Discord recommends the number of shards.
    """

    name = PLATFORM
    capabilities = Capabilities(
        reactions=True, threads=True, longest_message=LENGTH, images_in=True, typing_signs=True, own_commands=True
    )

    def __init__(self, settings: DiscordSettings, state: AdapterState, clock: Clock, **client_options: Any):
        self.status = Status.STARTING
        self._settings, self._state, self._clock = settings, state, clock
        self._client_options = client_options
        self._channel_index = ChannelIndex()
        self._inbox = Inbox(clock=self._clock)
        self._typing: TypingSign = _ignore
        self._sender: Sender | None = None
        self._files: Files | None = None
        self._notes: Notes | None = None
        self._places: Channels | None = None
        self._client: DiscordClient | None = None

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        """Runs a new client until cancelled. Raises PlatformError (run it again after a pause) or PlatformRefused
        (don't)."""
        self._typing = typing
        try:
            await self._connect(self._token(), hear)
        except PlatformRefused:
            self.status = Status.REFUSED
            raise
        finally:
            self._sender = self._files = self._notes = self._places = self._client = None
            if self.status is not Status.REFUSED:
                self.status = Status.DOWN

    def client(self) -> DiscordClient:
        """A new client that fills this adapter's (emptied) inbox."""
        self._inbox = Inbox(clock=self._clock)
        return build_client(
            self._inbox.put,
            self._typed,
            self._connected,
            message_content=self._settings.message_content,
            endpoints=Endpoints(self._settings.api_url, self._settings.gateway_url),
            **self._client_options,
        )

    async def attend(self, client: DiscordClient, hear: Hear) -> None:
        """Records what `client` receives, in order, and sends through it, until cancelled."""
        places = Channels(client)
        history = ChannelHistory(client, places, self._state, self._clock)
        self._places, self._client = places, client
        self._sender = Sender(client, self._channel_index, self._clock)
        self._files = Files(client, places)
        self._notes = Notes(client)
        await Recorder(client, self._inbox, places, history, self._channel_index, hear, self._state, self._clock).run()

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        try:
            return await self._connected_sender().send(reply, key, tried)
        except NotSent as problem:
            if tried is None:
                raise
            raise PlatformError(str(problem)) from problem  # not sent by this attempt, but perhaps by an earlier one

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        return await self._connected_sender().find(reply, tried)

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        return await self._connected_sender().tell(room, text, key)

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        """Answers in the channel, under the command if that was a message; a file can't be given there."""
        if answer.file:
            raise Undeliverable("a file would be for everybody in the channel")
        channel = Room(PLATFORM, asked.room.community, asked.thread.root or asked.room.id)
        await self._connected_sender().tell(channel, answer.text, key)

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        await self._connected_sender().react(int(room.id), message_id, emoji)

    async def delete(self, thread: Thread, message_id: str) -> None:
        await self._connected_sender().delete(thread, message_id)

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        await self._connected_sender().unreact(int(room.id), message_id, emoji)

    async def typing(self, thread: Thread) -> None:
        if self._sender:
            try:
                await self._sender.typing(int(thread.root or thread.room.id))
            except PlatformError as problem:
                log.debug("discord.typing_failed", problem=str(problem))

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        """Does nothing: edits use up the room's rate limit and would show text that the guard has not checked."""

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        if self._files is None:
            raise PlatformError("not connected to Discord")
        return await self._files.fetch(thread, message_id, n, most_bytes)

    async def notes(self, room: Room) -> RoomNotes:
        if self._notes is None:
            raise PlatformError("not connected to Discord")
        return await self._notes.of(room)

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        if self._places is None or self._client is None:
            raise PlatformError("not connected to Discord")
        try:
            payload = await requested(self._client, thread, message_id)
        except Undeliverable:
            return None
        return message(payload, await self._places.of_thread(thread), self._clock.now(), history=True)

    async def forget(self, member: str, commit: CommitMark) -> None:
        await commit({})  # its marks name channels and messages only

    def link(self, thread: Thread, message_id: str) -> str:
        community, channel = thread.room.community, thread.root or thread.room.id
        return "" if community == "-" else f"https://discord.com/channels/{community}/{channel}/{message_id}"

    async def _connect(self, token: str, hear: Hear) -> None:
        client = self.client()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.attend(client, hear))
                await _stay_connected(client, token)
        except ExceptionGroup as problems:
            raise _first(problems) from problems

    def _token(self) -> str:
        if not self._settings.token:
            raise PlatformRefused(f"Discord is enabled, but {self._settings.token_env} holds no token")
        return self._settings.token

    def _connected(self, shards: int) -> None:
        self.status = Status.UP if shards else Status.DOWN
        log.info(f"platform.{self.status}", platform=self.name, shards=shards)

    def _typed(self, data: Payload) -> None:
        """Reports a person's typing sign, if the thread is known."""
        place = self._places.at(data) if self._places else None
        person = typist(data, place.me) if place else None
        if place and person:
            self._typing(place.thread, person)

    def _connected_sender(self) -> Sender:
        if self._sender is None:
            raise NotSent("not connected to Discord")
        return self._sender


def _ignore(thread: Thread, person: str) -> None:
    """Ignores typing signs until `run` sets the callback."""


def open(
    settings: DiscordSettings,
    state: AdapterState,
    clock: Clock,
    *,
    voice: Callable[[Room], str],
    our_names: Callable[[], Sequence[str]],
) -> Adapter:
    """Creates the adapter. All personas use one account, whose name is set on Discord, so `voice` and `our_names` are
    unused."""
    return DiscordAdapter(settings, state, clock)


async def _stay_connected(client: DiscordClient, token: str) -> Never:
    """Stays connected until the SDK gives up; the SDK reconnects and resumes by itself. Raises PlatformError or
    PlatformRefused.

    The SDK swallows a cancellation while it reconnects, so it runs in a task of its own, which ends when the client is
    closed."""
    connection = asyncio.create_task(client.start(token))
    try:
        await asyncio.wait({connection})
    finally:
        connection.cancel()
        await _close(client)
        await asyncio.wait({connection}, timeout=CLOSE_SECONDS)
        problem = connection.exception() if connection.done() and not connection.cancelled() else None
    if isinstance(problem, Exception):
        raise of_connection(problem) from problem
    raise PlatformError("Discord ended the connection")


async def _close(client: DiscordClient) -> None:
    """Closes the connection, waiting at most CLOSE_SECONDS for Discord; the sockets are closed in any case."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except TimeoutError:
        await client.http.close()


def _first(problems: ExceptionGroup[Exception]) -> Exception:
    """The first failure: it ended the other task, which was then merely cancelled."""
    first = problems.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
