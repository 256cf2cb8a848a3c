"""Sends replies idempotently: the same key gives the same message, however often it is sent."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, cast

import discord

from bot.types import Clock, NotSent, PlatformError, Reply, Room, Thread, Undeliverable

from .channel_index import ChannelIndex
from .client import DiscordClient
from .errors import Closed, sdk_errors
from .payload import Payload, id_at, id_of, part, text
from .split import split

MUTED = timedelta(
    minutes=10
)  # 10,000 refused requests in ten minutes get an IP address banned: try a closed channel once in that time
SEND_SECONDS = (
    40  # the SDK retries a failed request for up to 25 s and waits for rate limits; after that, the turn is retried
)
TYPING_TIMEOUT_SECONDS = 5  # a later typing sign is useless
SEARCHED_PAGES = 5  # of 100 messages: enough for a busy channel between a crash and the restart
NO_REPLIES = (160002, 10008)  # no right to read the history; the answered message is unknown
INVALID_FORM = 50035  # of a request's body; the text names the field
THREAD_EXISTS = 160004  # the message has its thread already
THREAD_NAME = 60  # characters; Discord takes 100
ARCHIVED_AFTER: Final = 1440  # minutes without a message, after which Discord archives the thread
NONCE_WINDOW = timedelta(minutes=2)  # Discord says "a few minutes", and returns the existing message meanwhile
NO_REFERENCE = cast(discord.MessageReference, None)  # allowed by the SDK, though not by its type annotations
SKEW = 60_000 << 22  # one minute in ids: our clock may be ahead of Discord's


def nonce(key: str, number: int) -> str:
    """The nonce of a part, at most 25 characters. For a repeated nonce, Discord returns the message that it created for
    it in the last few minutes."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[:25]


class Unseen(Undeliverable):
    """Nobody knows whether the reply was sent: we may not read the channel's history. The channel is not closed."""


class Sender:
    """Sends, reacts and types for one connected client; remembers which channels are closed to us."""

    def __init__(self, client: DiscordClient, channel_index: ChannelIndex, clock: Clock):
        self._client, self._channel_index, self._clock = client, channel_index, clock
        self._muted: dict[int, datetime] = {}

    async def send(self, reply: Reply, key: str, tried: datetime | None) -> tuple[str, ...]:
        """See `bot.types.Adapter.send`."""
        channel_id = int(reply.thread.root or reply.thread.room.id)
        parts = self._parts(channel_id, reply.whole)
        with self._watching(channel_id):
            async with asyncio.timeout(SEND_SECONDS):
                channel_id, answer = await self._opened(reply, channel_id)
                standing = await self._seen(channel_id, reply, parts, tried) if tried else []
                return await self._send_rest(channel_id, parts, key, standing, answer)

    async def find(self, reply: Reply, tried: datetime) -> bool:
        """See `bot.types.Adapter.find`."""
        channel_id = int(reply.thread.root or reply.thread.room.id)
        parts = self._parts(channel_id, reply.whole)
        with self._watching(channel_id):
            async with asyncio.timeout(SEND_SECONDS):
                return bool(await self._look(channel_id, reply, parts, tried))

    async def delete(self, thread: Thread, message_id: str) -> None:
        """See `bot.types.Adapter.delete`."""
        with sdk_errors():
            for channel_id in dict.fromkeys((int(thread.root or thread.room.id), int(thread.room.id))):
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        await self._client.http.delete_message(channel_id, int(message_id))
                    break
                except discord.NotFound:
                    continue  # it is gone, or it is in the other channel

    async def _opened(self, reply: Reply, channel_id: int) -> tuple[int, discord.MessageReference]:
        """The channel to send to, and the reference. A thread whose root is the answered message of a room's timeline
        is started from that message, unless it exists: the message is in the room, so the thread can't refer to it.
        Without the right to start threads, the reply is sent in the timeline."""
        answer = _answer(reply, channel_id)
        room_id = int(reply.thread.room.id)
        room = self._client.get_channel(room_id)
        is_new = reply.thread.root == reply.reply_to and isinstance(room, discord.TextChannel)
        if not is_new or self._client.get_channel(channel_id) is not None:
            return channel_id, answer if not is_new else NO_REFERENCE
        try:
            name = " ".join(reply.text.split())[:THREAD_NAME]
            await self._client.http.start_thread_with_message(
                room_id, channel_id, name=name, auto_archive_duration=ARCHIVED_AFTER
            )
        except discord.HTTPException as problem:
            if problem.code == THREAD_EXISTS:
                return channel_id, NO_REFERENCE
            if problem.status not in (400, 403, 404):
                raise
            return room_id, _answer(reply, room_id)
        return channel_id, NO_REFERENCE

    async def _seen(self, channel_id: int, reply: Reply, parts: tuple[str, ...], tried: datetime) -> list[str]:
        """What stands of the reply. In a channel whose history we may not read, Discord's own window for a repeated
        nonce must do; raises Undeliverable after it, since the reply would perhaps be there twice."""
        try:
            return await self._look(channel_id, reply, parts, tried)
        except Unseen:
            if self._clock.now() - tried < NONCE_WINDOW:
                return []
            raise

    async def _look(self, channel_id: int, reply: Reply, parts: tuple[str, ...], tried: datetime) -> list[str]:
        """What stands of the reply, in the timeline too if its own thread could not be started. Raises Unseen."""
        try:
            return await self._standing(channel_id, reply, parts, tried)
        except discord.NotFound:
            if reply.thread.root != reply.reply_to:
                raise
            return await self._look(
                int(reply.thread.room.id), replace(reply, thread=Thread(reply.thread.room)), parts, tried
            )
        except discord.Forbidden as problem:
            raise Unseen("its channel's history can't be read, so nobody knows whether it was sent") from problem

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        """See `bot.types.Adapter.tell`."""
        channel_id = int(room.id)
        parts = self._parts(channel_id, text)
        with self._watching(channel_id):
            async with asyncio.timeout(SEND_SECONDS):
                return await self._send_rest(channel_id, parts, key)

    async def react(self, channel_id: int, message_id: str, emoji: str) -> None:
        """See `bot.types.Adapter.react`. Discord itself keeps at most one reaction of ours per emoji."""
        await self._at(channel_id, message_id, lambda message: message.add_reaction(emoji))

    async def unreact(self, channel_id: int, message_id: str, emoji: str) -> None:
        """See `bot.types.Adapter.unreact`. For Discord, taking away what is not there is no error."""
        me = self._client.user
        if me is None:
            raise NotSent("not connected to Discord")
        await self._at(channel_id, message_id, lambda message: message.remove_reaction(emoji, me))

    async def _at(
        self, channel_id: int, message_id: str, step: Callable[[discord.PartialMessage], Awaitable[None]]
    ) -> None:
        """Does something to a message, in the channel that has it."""
        where = self._channel_index.channel_of(message_id) or channel_id
        self._refuse_shut(where)
        for candidate in [where, *self._threads_of(channel_id, int(message_id))]:
            try:
                with sdk_errors():
                    async with asyncio.timeout(SEND_SECONDS):
                        channel = self._client.get_partial_messageable(candidate)
                        return await step(channel.get_partial_message(int(message_id)))
            except Closed as problem:
                last = problem
        raise last

    async def typing(self, channel_id: int) -> None:
        """Shows us as typing for about ten seconds. Raises as `send` does."""
        self._refuse_shut(channel_id)
        with sdk_errors():
            async with asyncio.timeout(TYPING_TIMEOUT_SECONDS):
                await self._client.get_partial_messageable(channel_id).typing()

    def _parts(self, channel_id: int, text: str) -> tuple[str, ...]:
        """The parts to send. Raises Undeliverable if there are none, or the channel is closed to us."""
        parts = split(text)
        if not parts:
            raise Undeliverable("there is nothing to say")
        self._refuse_shut(channel_id)
        return parts

    @contextmanager
    def _watching(self, channel_id: int) -> Iterator[None]:
        """Remembers a channel that turns out to be closed, so that it is not tried again for a while."""
        try:
            with sdk_errors():
                yield
        except Closed:
            self._mute(channel_id)
            raise

    async def _send_rest(
        self,
        channel_id: int,
        parts: tuple[str, ...],
        key: str,
        standing: Sequence[str] = (),
        answer: discord.MessageReference = NO_REFERENCE,
    ) -> tuple[str, ...]:
        """Sends the parts that are not sent yet. Raises NotSent only before the first part."""
        sent = list(standing)
        channel = self._client.get_partial_messageable(channel_id)
        for number in range(len(standing), len(parts)):
            reference = answer if number == 0 else NO_REFERENCE
            try:
                try:
                    made = await _said(channel, parts[number], nonce(key, number), reference)
                except discord.HTTPException as problem:
                    if reference is NO_REFERENCE or not _refuses_reference(problem):
                        raise
                    made = await _said(channel, parts[number], nonce(key, number), NO_REFERENCE)
            except NotSent as problem:
                if sent:
                    raise PlatformError(str(problem)) from problem
                raise
            sent.append(str(made.id))
        return tuple(sent)

    async def _standing(self, channel_id: int, reply: Reply, parts: tuple[str, ...], tried: datetime) -> list[str]:
        """The ids of the first parts that are already in the channel from an earlier attempt."""
        after = max(int(reply.reply_to), id_at(tried) - SKEW)
        found: list[str] = []
        for _ in range(SEARCHED_PAGES):
            page = await self._page(channel_id, after)
            for one in page:
                if len(found) < len(parts) and self._is_part(one, reply, parts, len(found)):
                    found.append(str(id_of(one.get("id"))))
            if len(found) == len(parts) or len(page) < 100:
                break
            after = max(int(id_of(one.get("id")) or 0) for one in page)
        return found

    async def _page(self, channel_id: int, after: int) -> list[Payload]:
        page: list[Payload] = list(await self._client.http.logs_from(channel_id, 100, after=after))
        return sorted(page, key=lambda one: int(id_of(one.get("id")) or 0))

    def _is_part(self, one: Payload, reply: Reply, parts: tuple[str, ...], number: int) -> bool:
        """True if the message is ours and either replies to the trigger (there is one turn per trigger) or, for later
        parts and if the trigger is deleted, has exactly the part's text."""
        me = self._client.user
        if me is None or id_of(part(one, "author").get("id")) != str(me.id):
            return False
        answers = id_of(part(one, "message_reference").get("message_id"))
        if number == 0 and answers is not None:
            return answers == reply.reply_to
        return answers is None and text(one, "content").strip() == parts[number]

    def _threads_of(self, room_id: int, message_id: int) -> list[int]:
        """Threads that may contain an older message, which is unknown after a restart. At most three guesses."""
        channel = self._client.get_channel(room_id)
        threads = channel.threads if isinstance(channel, discord.TextChannel | discord.ForumChannel) else []
        possible = [one.id for one in threads if one.id <= message_id <= (one.last_message_id or 0)]
        return sorted(possible, reverse=True)[:3]

    def _refuse_shut(self, channel_id: int) -> None:
        until = self._muted.get(channel_id)
        if until and self._clock.now() < until:
            raise Undeliverable("Discord refused this channel a moment ago")
        channel = self._client.get_channel(channel_id)
        if isinstance(channel, discord.Thread) and channel.locked:
            raise Undeliverable("the thread is locked")
        if self._client.is_closed():
            raise NotSent("not connected to Discord")

    def _mute(self, channel_id: int) -> None:
        now = self._clock.now()
        self._muted = {channel: until for channel, until in self._muted.items() if until > now}
        self._muted[channel_id] = now + MUTED


async def _said(
    channel: discord.PartialMessageable, text: str, nonce: str, reference: discord.MessageReference
) -> discord.Message:
    return await channel.send(
        text,
        nonce=nonce,
        allowed_mentions=discord.AllowedMentions.none(),
        suppress_embeds=True,  # a link written by a model must not unfold into a stranger's picture
        reference=reference,
    )


def _refuses_reference(problem: discord.HTTPException) -> bool:
    """Whether Discord refuses the reference, not the message: we may not read the history, or the answered message is
    one that nobody may reply to."""
    return problem.code in NO_REPLIES or (problem.code == INVALID_FORM and "message_reference" in str(problem))


def _answer(reply: Reply, channel_id: int) -> discord.MessageReference:
    """A reference to the trigger. If that was deleted meanwhile, the reply is sent as an ordinary message."""
    return discord.MessageReference(message_id=int(reply.reply_to), channel_id=channel_id, fail_if_not_exists=False)
