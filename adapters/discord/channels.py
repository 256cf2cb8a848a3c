"""Maps Discord channels to our rooms and threads."""

from collections import OrderedDict
from datetime import datetime
from functools import partial

import discord
import structlog

from bot.types import Room, Thread, ThreadDeletion

from .client import DiscordClient
from .markup import Names, plain_name
from .past import past_readers, to_everyone
from .payload import Payload, id_at, id_of, text
from .translate import Channel, Past

PLATFORM = "discord"
PUBLIC_KINDS = (10, 11)  # kinds of channels: in an announcement channel, and in any other
THREAD_KINDS = (*PUBLIC_KINDS, 12)  # with the private ones
FETCHED = 1_000  # remembered channels that the SDK does not cache (archived threads): a few hundred bytes each

Post = tuple[str, tuple[str, ...]]
"""The title and the tags of a forum post; empty for anything else."""

log = structlog.get_logger()


class Channels:
    """Finds the channel of a payload, usually in the SDK's cache, else by one request to Discord. `since` is when we
    first listened to Discord, as an id."""

    def __init__(self, client: DiscordClient):
        self._client = client
        self._fetched: OrderedDict[int, object] = OrderedDict()
        self.since = 0

    async def of(self, data: Payload) -> Channel | None:
        """The channel of a gateway payload, asking Discord if needed; None if the payload names none."""
        channel_id, guild_id = id_of(data.get("channel_id")), id_of(data.get("guild_id"))
        if channel_id is None:
            return None
        if guild_id is None:
            return self.direct(channel_id)
        return self.place(await self._channel(int(channel_id)), channel_id, guild_id)

    async def of_thread(self, thread: Thread) -> Channel:
        """The Discord channel of one of our threads."""
        channel_id, guild_id = thread.root or thread.room.id, thread.room.community
        if guild_id == "-":
            return self.direct(channel_id)
        return self.place(await self._channel(int(channel_id)), channel_id, guild_id)

    def at(self, data: Payload) -> Channel | None:
        """The channel of a payload, if known without asking Discord; else None."""
        channel_id, guild_id = id_of(data.get("channel_id")), id_of(data.get("guild_id"))
        if channel_id is None:
            return None
        if guild_id is None:
            return self.direct(channel_id)
        known = self._known(int(channel_id))
        return self.place(known, channel_id, guild_id) if known else None

    def direct(self, channel_id: str) -> Channel:
        """A conversation with one member, outside any community."""
        return self._place(Thread(Room(PLATFORM, "-", channel_id)), None, to_everyone, direct=True)

    def place(self, channel: object, channel_id: str, guild_id: str) -> Channel:
        """Maps an SDK channel. A channel is a room; a thread or a forum post belongs to its parent's room. A private
        thread is a room of its own with its parent's name, since its messages must never be recalled in public."""
        guild = self._client.get_guild(int(guild_id))
        community = plain_name(guild.name) if guild else ""
        past = partial(past_readers, channel)
        if isinstance(channel, discord.Thread):
            parent = channel.parent
            name = parent.name if parent else ""
            if channel.is_private():
                return self._place(Thread(Room(PLATFORM, guild_id, channel_id, name, community)), guild, past)
            room = Room(PLATFORM, guild_id, str(channel.parent_id), name, community)
            return self._place(Thread(room, channel_id), guild, past, post=_post_of(channel))
        name = channel.name if isinstance(channel, discord.abc.GuildChannel) else ""
        return self._place(Thread(Room(PLATFORM, guild_id, channel_id, name, community)), guild, past)

    def closed(self, data: Payload, heard: datetime) -> list[ThreadDeletion]:
        """The deletion of a channel or thread, which is where `place` has put it; none if the payload names none."""
        channel_id, guild_id, parent_id = (id_of(data.get(key)) for key in ("id", "guild_id", "parent_id"))
        if channel_id is None or guild_id is None:
            return []
        kind, guild = data.get("type"), self._client.get_guild(int(guild_id))
        parent = self._client.get_channel(int(parent_id)) if parent_id and kind in THREAD_KINDS else None
        name = parent.name if isinstance(parent, discord.abc.GuildChannel) else text(data, "name")
        room_id, root = (parent_id, channel_id) if parent_id and kind in PUBLIC_KINDS else (channel_id, None)
        room = Room(PLATFORM, guild_id, room_id, name, plain_name(guild.name) if guild else "")
        return [ThreadDeletion(room, root, heard)]

    def _place(
        self, thread: Thread, guild: discord.Guild | None, past: Past, *, direct: bool = False, post: Post = ("", ())
    ) -> Channel:
        me = self._client.user
        my_id = str(me.id) if me else ""
        ours = guild.self_role if guild else None

        def role(snowflake: str) -> str | None:
            found = guild.get_role(int(snowflake)) if guild else None
            return plain_name(found.name) if found else None

        def channel(snowflake: str) -> str | None:
            found = guild.get_channel_or_thread(int(snowflake)) if guild else None
            return plain_name(found.name) if found else None

        names = Names({my_id: plain_name(me.name)} if me else {}, role, channel)
        joined = guild.me.joined_at if guild and guild.me else None
        since = max(self.since, id_at(joined) if joined else 0)
        return Channel(thread, direct, my_id, frozenset({str(ours.id)} if ours else ()), names, *post, since, past)

    def _known(self, channel_id: int) -> object:
        return self._client.get_channel(channel_id) or self._fetched.get(channel_id)

    async def _channel(self, channel_id: int) -> object:
        known = self._known(channel_id)
        return known if known or channel_id in self._fetched else await self._fetch(channel_id)

    async def _fetch(self, channel_id: int) -> object:
        """Fetches a channel that Discord has not listed, such as an archived thread with a new message. A channel that
        can't be fetched is treated as a room of its own, so that its messages are not lost."""
        try:
            found: object = await self._client.fetch_channel(channel_id)
        except (discord.NotFound, discord.Forbidden):
            found = None
        except Exception as problem:  # the SDK raises anything on an answer that is not as documented
            log.warning("discord.channel_unknown", channel=channel_id, problem=type(problem).__name__)
            return None
        self._fetched[channel_id] = found
        if len(self._fetched) > FETCHED:
            self._fetched.popitem(last=False)
        return found


def _post_of(thread: discord.Thread) -> Post:
    """Title and tags of a forum post; other threads' titles are rarely meaningful, so they are left out."""
    if not isinstance(thread.parent, discord.ForumChannel):
        return "", ()
    return thread.name, tuple(tag.name for tag in thread.applied_tags)
