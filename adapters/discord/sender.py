"""Sends replies idempotently: the same key gives the same message, however often it is sent."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import discord

from bot.types import Clock, NotSent, PlatformError, Reply, Room, Undeliverable

from .client import DiscordClient
from .mutes import Action, Mutes
from .posting import NO_REFERENCE, answer, channel_of, nonce, posted
from .previews import LivePreviews
from .sent_before import NONCE_WINDOW, SentBefore, SentPart, Unseen
from .split import overflow, split

SEND_SECONDS = (
    40  # the SDK retries a failed request for up to 25 s and waits for rate limits; after that, the turn is retried
)
THREAD_EXISTS = 160004  # the message has its thread already
THREAD_NAME = 60  # characters; Discord takes 100
ARCHIVED_AFTER: Final = 1440  # minutes without a message, after which Discord archives the thread


class Sender:
    """Sends for one connected client."""

    def __init__(self, client: DiscordClient, standing: SentBefore, previews: LivePreviews, mutes: Mutes, clock: Clock):
        self._client, self._standing, self._previews = client, standing, previews
        self._mutes, self._clock = mutes, clock

    async def send(self, reply: Reply, key: str, tried: datetime | None) -> tuple[str, ...]:
        """See `bot.types.Adapter.send`."""
        channel_id = channel_of(reply)
        parts = self._parts(reply.whole)
        self._refuse_unconnected()
        with self._mutes.watching(channel_id, Action.SEND):
            async with asyncio.timeout(SEND_SECONDS):
                await self._refuse_put_away(reply)
                channel_id, reference = await self._opened(reply, channel_id)
                standing = await self._seen(channel_id, reply, parts, tried) if tried else []
                standing = await self._previews.finalise(key, channel_id, parts[0], standing)
                sent = await self._send_rest(channel_id, parts, key, standing, reference, overflow(reply.whole))
                await self._previews.forget(key)
                return sent

    async def find(self, reply: Reply, tried: datetime) -> bool:
        """See `bot.types.Adapter.find`. An unfinished preview is nothing of the reply."""
        channel_id = channel_of(reply)
        parts = self._parts(reply.whole)
        self._refuse_unconnected()
        with self._mutes.watching(channel_id, Action.READ):
            async with asyncio.timeout(SEND_SECONDS):
                found = await self._standing.look(channel_id, reply, parts, tried)
                return any(not self._previews.is_unfinished(one.id, one.text, parts[0]) for one in found)

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        """See `bot.types.Adapter.tell`."""
        channel_id = int(room.id)
        parts = self._parts(text)
        self._refuse_unconnected()
        with self._mutes.watching(channel_id, Action.SEND):
            async with asyncio.timeout(SEND_SECONDS):
                return await self._send_rest(channel_id, parts, key)

    async def _opened(self, reply: Reply, channel_id: int) -> tuple[int, discord.MessageReference]:
        """The channel to send to, and the reference. A thread whose root is the answered message of a room's timeline
        is started from that message, unless it exists: the message is in the room, so the thread can't refer to it.
        Without the right to start threads, the reply is sent in the timeline."""
        reference = answer(reply.reply_to, channel_id)
        room_id = int(reply.thread.room.id)
        if not self._starts_thread(reply) or self._client.get_channel(channel_id) is not None:
            return channel_id, reference if not self._starts_thread(reply) else NO_REFERENCE
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
            return room_id, answer(reply.reply_to, room_id)
        return channel_id, NO_REFERENCE

    def _starts_thread(self, reply: Reply) -> bool:
        room = self._client.get_channel(int(reply.thread.room.id))
        return reply.thread.root == reply.reply_to and isinstance(room, discord.TextChannel)

    async def _seen(self, channel_id: int, reply: Reply, parts: tuple[str, ...], tried: datetime) -> list[SentPart]:
        """What stands of the reply. In a channel whose history we may not read, Discord's own window for a repeated
        nonce must do; raises Undeliverable after it, since the reply would perhaps be there twice."""
        try:
            return await self._standing.look(channel_id, reply, parts, tried)
        except Unseen:
            if self._clock.now() - tried < NONCE_WINDOW:
                return []
            raise

    def _parts(self, text: str) -> tuple[str, ...]:
        """The parts to send. Raises Undeliverable if there are none."""
        parts = split(text)
        if not parts:
            raise Undeliverable("there is nothing to say")
        return parts

    async def _send_rest(
        self,
        channel_id: int,
        parts: tuple[str, ...],
        key: str,
        standing: Sequence[SentPart] = (),
        reference: discord.MessageReference = NO_REFERENCE,
        file: str = "",
    ) -> tuple[str, ...]:
        """Sends the parts that are not sent yet; `file` goes with the last one. Raises NotSent only before the first
        part."""
        sent = [one.id for one in standing]
        channel = self._client.get_partial_messageable(channel_id)
        for number in range(len(standing), len(parts)):
            answered = reference if number == 0 else NO_REFERENCE
            goes_along = file if number == len(parts) - 1 else ""
            try:
                sent.append(await posted(channel, parts[number], nonce(key, number), answered, goes_along))
            except NotSent as problem:
                if sent:
                    raise PlatformError(str(problem)) from problem
                raise
        return tuple(sent)

    async def _refuse_put_away(self, reply: Reply) -> None:
        """Raises Undeliverable if the thread is locked or archived: writing would bring it back. The SDK forgets
        archived threads, so one that it does not know is asked for."""
        if reply.thread.root is None or (reply.thread.root == reply.reply_to and self._starts_thread(reply)):
            return
        channel_id = int(reply.thread.root)
        known: object = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        if isinstance(known, discord.Thread) and (known.locked or known.archived):
            raise Undeliverable(f"the thread is {'locked' if known.locked else 'archived'}")

    def _refuse_unconnected(self) -> None:
        if self._client.is_closed():
            raise NotSent("not connected to Discord")
