"""The Discord adapter: connects, records events in order, and sends each reply once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Never

import discord
import structlog

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
    Thread,
    TypingSign,
    Undeliverable,
)

from .channel_index import ChannelIndex
from .channels import PLATFORM
from .client import DiscordClient, build_client
from .connection import Connection
from .errors import NoContentIntent, of_connection
from .history import ChannelHistory
from .http import Endpoints
from .inbox import Inbox
from .payload import Payload
from .recorder import Recorder
from .settings import IF_ALLOWED, DiscordSettings
from .split import LENGTH
from .translate import typist

CLOSE_SECONDS = 3.0  # the SDK would wait 30 s for a silent gateway; the process has 10 s to shut down

PLACEHOLDER_SECONDS = 3.0  # most answers are there sooner; then nobody needs to see one grow

log = structlog.get_logger()


def _silent(arrival: Arrival) -> str:
    """No word."""
    return ""


class DiscordAdapter:
    """Implements `bot.types.Adapter`. `greet` gives the first word in a server, "" for none.

    `client_options` are passed to discord.py (`shard_count`, `guild_ready_timeout`), except for `identify_pause`, the
    seconds between two IDENTIFYs. Without `shard_count`, Discord recommends the number of shards.
    """

    name = PLATFORM

    def __init__(
        self,
        settings: DiscordSettings,
        state: AdapterState,
        clock: Clock,
        *,
        greet: Callable[[Arrival], str] = _silent,
        **client_options: Any,
    ):
        self.status = Status.STARTING
        self._settings, self._state, self._clock = settings, state, clock
        self._greet, self._client_options = greet, client_options
        self.capabilities = _abilities(settings)
        self._channel_index = ChannelIndex()
        self._inbox = Inbox(clock=self._clock)
        self._typing: TypingSign = _ignore
        self._connection: Connection | None = None

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        """Runs a new client until cancelled. Raises PlatformError (run it again after a pause) or PlatformRefused
        (don't)."""
        self._typing = typing
        try:
            try:
                await self._connect(self._token(), hear)
            except NoContentIntent:
                if self._settings.message_content != IF_ALLOWED:
                    raise
                self.capabilities = replace(self.capabilities, reads_all=False)
                await self._connect(self._token(), hear)
        except PlatformRefused:
            self.status = Status.REFUSED
            raise
        finally:
            self._connection = None
            if self.status is not Status.REFUSED:
                self.status = Status.DOWN

    def client(self) -> DiscordClient:
        """A new client that fills this adapter's (emptied) inbox."""
        self._inbox = Inbox(clock=self._clock)
        return build_client(
            self._inbox.put,
            self._typed,
            self._connected,
            self._met,
            message_content=self.capabilities.reads_all,
            endpoints=Endpoints(self._settings.api_url, self._settings.gateway_url),
            clock=self._clock,
            **self._client_options,
        )

    async def attend(self, client: DiscordClient, hear: Hear) -> None:
        """Records what `client` receives, in order, and sends through it, until cancelled."""
        made = Connection(client, self._channel_index, self._state, self._clock, self._greet)
        await made.previews.load()
        await made.arrivals.load()
        history = ChannelHistory(client, made.places, self._state, self._clock)
        recorder = Recorder(
            client, self._inbox, made.places, history, self._channel_index, made.previews.hides, hear, self._state,
            self._clock,
        )  # fmt: skip
        self._connection = made
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(made.previews.run())
            tasks.create_task(made.arrivals.run())
            tasks.create_task(recorder.run())

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        try:
            return await self._there.sender.send(reply, key, tried)
        except NotSent as problem:
            if tried is None:
                raise
            raise PlatformError(str(problem)) from problem  # not sent by this attempt, but perhaps by an earlier one

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        return await self._there.sender.find(reply, tried)

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        return await self._there.sender.tell(room, text, key)

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        """Answers in the channel, under the command if that was a message; a file can't be given there."""
        if answer.file:
            raise Undeliverable("a file would be for everybody in the channel")
        channel = Room(PLATFORM, asked.room.community, asked.thread.root or asked.room.id)
        await self._there.sender.tell(channel, answer.text, key)

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        await self._there.gestures.react(int(room.id), message_id, emoji)

    async def delete(self, thread: Thread, message_id: str) -> None:
        await self._there.gestures.delete(thread, message_id)

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        await self._there.gestures.unreact(int(room.id), message_id, emoji)

    async def typing(self, thread: Thread) -> None:
        channel_id = int(thread.root or thread.room.id)
        if self._connection is None or self._connection.previews.stands_in(channel_id):
            return
        try:
            await self._connection.gestures.typing(channel_id)
        except PlatformError as problem:
            log.debug("discord.typing_failed", problem=str(problem))

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        if self._connection is None:
            return  # what stands is found again by the next connection
        if text is None:
            await self._connection.previews.remove(key)
        else:
            self._connection.previews.show(thread, trigger, key, text)

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        return await self._there.files.fetch(thread, message_id, n, most_bytes)

    async def notes(self, room: Room) -> RoomNotes:
        return await self._there.notes.of(room)

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        return await self._there.message(thread, message_id)

    async def forget(self, member: str, commit: CommitMark) -> None:
        await commit({})  # its marks name channels and messages only

    def link(self, thread: Thread, message_id: str) -> str:
        community, channel = thread.room.community, thread.root or thread.room.id
        return "" if community == "-" else f"https://discord.com/channels/{community}/{channel}/{message_id}"

    async def _connect(self, token: str, hear: Hear) -> None:
        client = self.client()
        try:
            async with asyncio.TaskGroup() as tasks:
                attending = tasks.create_task(self.attend(client, hear))
                await _stay_connected(client, token, attending)
        except ExceptionGroup as problems:
            raise _first(problems) from problems

    def _token(self) -> str:
        if not self._settings.token:
            raise PlatformRefused(f"Discord is enabled, but {self._settings.token_env} holds no token")
        return self._settings.token

    def _connected(self, shards: int) -> None:
        before, self.status = self.status, Status.UP if shards else Status.DOWN
        log.info(f"platform.{self.status}", platform=self.name, shards=shards)
        if self.status is Status.UP is not before and not self.capabilities.reads_all:
            log.warning("discord.reduced")

    def _met(self, guild: discord.Guild) -> None:
        if self._connection:
            self._connection.arrivals.met(guild)

    def _typed(self, data: Payload) -> None:
        """Reports a person's typing sign, if the thread is known."""
        place = self._connection.places.at(data) if self._connection else None
        person = typist(data, place.me) if place else None
        if place and person:
            self._typing(place.thread, person)

    @property
    def _there(self) -> Connection:
        if self._connection is None:
            raise NotSent("not connected to Discord")
        return self._connection


def _abilities(settings: DiscordSettings) -> Capabilities:
    return Capabilities(
        live_preview=settings.stream,
        preview_calls_only=True,  # a preview is a message to everybody
        preview_after_seconds=PLACEHOLDER_SECONDS,
        reactions=True,
        threads=True,
        longest_message=LENGTH,
        images_in=True,
        typing_signs=True,
        reads_all=settings.message_content is not False,
    )


def _ignore(thread: Thread, person: str) -> None:
    """Ignores typing signs until `run` sets the callback."""


def open(
    settings: DiscordSettings,
    state: AdapterState,
    clock: Clock,
    *,
    voice: Callable[[Room], str],
    our_names: Callable[[], Sequence[str]],
    greet: Callable[[Arrival], str],
) -> Adapter:
    """Creates the adapter. All personas use one account, whose name is set on Discord, so `voice` and `our_names` are
    unused."""
    return DiscordAdapter(settings, state, clock, greet=greet)


async def _stay_connected(client: DiscordClient, token: str, attending: asyncio.Task[None]) -> Never:
    """Stays connected until the SDK gives up; the SDK reconnects and resumes by itself. Raises PlatformError or
    PlatformRefused.

    The SDK swallows a cancellation while it reconnects, so it runs in a task of its own, which ends when the client is
    closed. `attending` is ended before that: its requests would fail."""
    connection = asyncio.create_task(client.start(token))
    try:
        await asyncio.wait({connection})
    finally:
        attending.cancel()
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
