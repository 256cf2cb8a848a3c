"""A channel's topic (a forum's guidelines) and its pinned messages."""

import discord

from bot.types import NO_NOTES, PINNED_MOST, Pinned, Room, RoomNotes, Undeliverable

from .client import DiscordClient
from .mutes import Action, Mutes
from .parts import name_of
from .past import shows_past_to_all
from .payload import Payload, id_of, part, parts, text


class Notes:
    """Reads them through one connected client."""

    def __init__(self, client: DiscordClient, mutes: Mutes):
        self._client, self._mutes = client, mutes

    async def of(self, room: Room) -> RoomNotes:
        """See `bot.types.Adapter.notes`. The SDK's cache holds the topic; pinned messages are asked for, in channels
        whose past everybody may read."""
        channel = self._client.get_channel(int(room.id))
        if not isinstance(channel, discord.abc.GuildChannel):
            return NO_NOTES
        topic = getattr(channel, "topic", None) or ""
        if not isinstance(channel, discord.abc.Messageable) or not shows_past_to_all(channel):
            return RoomNotes(topic)
        try:
            with self._mutes.watching(channel.id, Action.READ):
                answer: object = await self._client.http.pins_from(channel.id, limit=PINNED_MOST)
        except Undeliverable:  # we lack the right to read this channel's past
            return RoomNotes(topic)
        return RoomNotes(topic, _pinned(answer))


def _pinned(answer: object) -> tuple[Pinned, ...]:
    items = parts(answer, "items") if isinstance(answer, dict) else []
    found = ((part(item, "message"), id_of(part(item, "message").get("id"))) for item in items)
    read = (_one(said, id_) for said, id_ in found if id_)
    return tuple(one for one in read if one.text)[:PINNED_MOST]


def _one(said: Payload, id_: str) -> Pinned:
    author = part(said, "author")
    return Pinned(id_, name_of(author, {}), text(said, "content"), id_of(author.get("id")) or "")
