"""What we do besides speaking: reactions, the typing sign, and taking back what we said."""

import asyncio
from collections.abc import Awaitable, Callable

import discord

from bot.types import NotSent, Thread, Undeliverable

from .channel_index import ChannelIndex
from .client import DiscordClient
from .errors import sdk_errors
from .mutes import Action, Mutes
from .sender import SEND_SECONDS

TYPING_TIMEOUT_SECONDS = 5  # a later typing sign is useless


class Gestures:
    """Works through one connected client."""

    def __init__(self, client: DiscordClient, channel_index: ChannelIndex, mutes: Mutes):
        self._client, self._channel_index, self._mutes = client, channel_index, mutes

    async def react(self, channel_id: int, message_id: str, emoji: str) -> None:
        """See `bot.types.Adapter.react`. Discord itself keeps at most one reaction of ours per emoji."""
        await self._at(channel_id, message_id, lambda message: message.add_reaction(emoji))

    async def unreact(self, channel_id: int, message_id: str, emoji: str) -> None:
        """See `bot.types.Adapter.unreact`. For Discord, taking away what is not there is no error."""
        me = self._client.user
        if me is None:
            raise NotSent("not connected to Discord")
        await self._at(channel_id, message_id, lambda message: message.remove_reaction(emoji, me))

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

    async def typing(self, channel_id: int) -> None:
        """Shows us as typing for about ten seconds. Raises Undeliverable where we may not write, or another
        PlatformError."""
        self._mutes.refuse(channel_id, Action.SEND)
        with self._mutes.watching(channel_id, Action.TYPE):
            async with asyncio.timeout(TYPING_TIMEOUT_SECONDS):
                await self._client.get_partial_messageable(channel_id).typing()

    async def _at(
        self, channel_id: int, message_id: str, step: Callable[[discord.PartialMessage], Awaitable[None]]
    ) -> None:
        """Does something to a message, in the channel that has it."""
        where = self._channel_index.channel_of(message_id) or channel_id
        for candidate in [where, *self._threads_of(channel_id, int(message_id))]:
            try:
                with self._mutes.watching(candidate, Action.REACT):
                    async with asyncio.timeout(SEND_SECONDS):
                        channel = self._client.get_partial_messageable(candidate)
                        return await step(channel.get_partial_message(int(message_id)))
            except Undeliverable as problem:
                last = problem
        raise last

    def _threads_of(self, room_id: int, message_id: int) -> list[int]:
        """Threads that may contain an older message, which is unknown after a restart. At most three guesses."""
        channel = self._client.get_channel(room_id)
        threads = channel.threads if isinstance(channel, discord.TextChannel | discord.ForumChannel) else []
        possible = [one.id for one in threads if one.id <= message_id <= (one.last_message_id or 0)]
        return sorted(possible, reverse=True)[:3]
