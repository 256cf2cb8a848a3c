"""discord.py's client, reduced: it connects, resumes and passes on the gateway's events."""

import asyncio
from collections.abc import Callable
from typing import Any

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.shard import Shard
from discord.state import AutoShardedConnectionState

from bot.types import Clock

from .gateway import NotReady, PatientWebSocket
from .http import DiscordHTTP, Endpoints
from .inbox import EventKind, GatewayEvent
from .payload import Payload

log = structlog.get_logger()

Listener = Callable[[GatewayEvent], None]
TypingListener = Callable[[Payload], None]
LAUNCH_SECONDS = 5.0  # before a shard that could not connect is tried again, as the SDK waits
RATE_LIMIT_SECONDS = 60  # for a longer rate limit the request fails at once, and the turn is retried later


class Ears(AutoShardedConnectionState["DiscordClient"]):
    """Takes message events as Discord's JSON, before the SDK turns them into objects.

    The SDK parses them inside the connection's loop, where a payload that it does not understand ends the connection,
    and starts a task per event. Here each event is one `put`, in the gateway's order.
    """

    listener: Listener
    typing: TypingListener

    def _update_references(self, ws: DiscordWebSocket) -> None:
        """Called by the SDK for each new connection, before anything is received on it."""
        super()._update_references(ws)
        PatientWebSocket.take_over(ws)

    def _hand_on(self, kind: EventKind, data: Any) -> None:
        if isinstance(data, dict):
            self.listener(GatewayEvent(kind, data))

    def parse_message_create(self, data: Any) -> None:
        self._hand_on(EventKind.SAID, data)

    def parse_message_update(self, data: Any) -> None:
        self._hand_on(EventKind.EDITED, data)

    def parse_message_delete(self, data: Any) -> None:
        self._hand_on(EventKind.DELETED, data)

    def parse_message_delete_bulk(self, data: Any) -> None:
        self._hand_on(EventKind.DELETED, data)

    def parse_message_reaction_add(self, data: Any) -> None:
        self._hand_on(EventKind.REACTED, data)

    def parse_message_reaction_remove(self, data: Any) -> None:
        self._hand_on(EventKind.UNREACTED, data)

    def parse_thread_update(self, data: Any) -> None:
        """Lets the SDK keep the thread's new title, then reports it."""
        try:
            super().parse_thread_update(data)
        except Exception as error:  # the SDK raises anything on a payload that is not as documented
            log.warning("discord.thread_unread", problem=type(error).__name__)
            return
        self._hand_on(EventKind.RENAMED, data)

    def parse_thread_delete(self, data: Any) -> None:
        self._hand_on(EventKind.CLOSED, data)
        super().parse_thread_delete(data)

    def parse_channel_delete(self, data: Any) -> None:
        self._hand_on(EventKind.CLOSED, data)
        super().parse_channel_delete(data)

    def parse_guild_delete(self, data: Any) -> None:
        """Reports that we were removed from a community; one that is merely away is named, too."""
        super().parse_guild_delete(data)
        if isinstance(data, dict) and not data.get("unavailable"):
            self._hand_on(EventKind.REMOVED, data)

    def parse_typing_start(self, data: Any) -> None:
        """Reports typing at once, bypassing the inbox: a late sign is useless."""
        if isinstance(data, dict):
            self.typing(data)

    def parse_ready(self, data: Any) -> None:
        try:
            shard = int(data["shard"][0])
            super().parse_ready(data)
        except Exception as error:
            raise NotReady from error
        self.listener(GatewayEvent(EventKind.ARRIVED, {}, shard))


class DiscordClient(discord.AutoShardedClient):
    """Calls `listener` with message events, `typing` with typing signs, `connected` with the number of connected shards
    when that changes, and `met` with each server that we see, however often."""

    http: DiscordHTTP
    _AutoShardedClient__queue: Any  # the SDK's own, whose names it hides
    _AutoShardedClient__shards: dict[int, Shard]

    def __init__(
        self,
        listener: Listener,
        typing: TypingListener,
        connected: Callable[[int], None],
        met: Callable[[discord.Guild], None],
        *,
        intents: discord.Intents,
        endpoints: Endpoints,
        clock: Clock,
        identify_pause: float = 5.0,
        **options: Any,
    ):
        self._endpoints, self._clock = endpoints, clock  # read by `_get_state`
        super().__init__(intents=intents, **options)
        self._ears.listener, self._ears.typing = self._hand_on, typing
        self._listener, self._connected, self._met = listener, connected, met
        self._identify_pause = identify_pause
        self._shards_up: set[int] = set()
        self._shards_ready: dict[int, asyncio.Event] = {}

    @property
    def _ears(self) -> Ears:
        assert isinstance(self._connection, Ears)
        return self._connection

    def _get_state(self, **options: Any) -> Ears:
        """Called by the SDK's constructor, after it has created its HTTP client and before it first uses it."""
        self.http = DiscordHTTP.like(self.http, self._endpoints)
        return Ears(dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options)

    def ready(self, shard: int) -> asyncio.Event:
        """An event, set once the communities of a shard are known (Discord sends them one by one after READY)."""
        return self._shards_ready.setdefault(shard, asyncio.Event())

    def _hand_on(self, entry: GatewayEvent) -> None:
        if entry.kind is EventKind.ARRIVED:
            self.ready(entry.shard).clear()  # a new session: Discord sends its communities again
        self._listener(entry)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Launches a shard as the SDK does, but at the gateway from the settings instead of the one that the API names.
        One that can't connect is tried again until it can; the SDK would call itself each time, once deeper."""
        own = self._endpoints.gateway
        while not await self._launched(yarl.URL(own) if own else gateway, shard_id, initial=initial):
            self._connected(len(self._shards_up))
            await self._clock.sleep(LAUNCH_SECONDS)
            initial = False

    async def _launched(self, gateway: yarl.URL, shard_id: int, *, initial: bool) -> bool:
        """Tries to connect a shard, and launches it. False if it could not connect."""
        made = DiscordWebSocket.from_client(self, initial=initial, gateway=gateway, shard_id=shard_id)
        try:
            socket = await asyncio.wait_for(made, self.shard_connect_timeout)
        except Exception as problem:
            log.warning("discord.shard_waits", shard=shard_id, problem=type(problem).__name__)
            return False
        shard = Shard(socket, self, self._AutoShardedClient__queue.put_nowait)
        self._AutoShardedClient__shards[shard_id] = shard
        shard.launch()
        return True

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await asyncio.sleep(self._identify_pause)  # Discord allows one IDENTIFY in five seconds

    async def on_shard_connect(self, shard_id: int) -> None:
        self._shard_changed(shard_id, up=True)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self._shard_changed(shard_id, up=True)

    async def on_shard_ready(self, shard_id: int) -> None:
        self.ready(shard_id).set()
        for guild in self.guilds:
            if guild.shard_id == shard_id:
                self._met(guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Reports a community that is back after an outage, so that missed messages are fetched. (At the beginning of a
        session this event comes for every community, before the shard is ready; those are ignored.)"""
        if self.ready(guild.shard_id).is_set():
            self._met(guild)
            self._listener(GatewayEvent(EventKind.ARRIVED, {}, guild.shard_id))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Reports a community that has just invited us."""
        self._met(guild)
        self._listener(GatewayEvent(EventKind.JOINED, {"id": str(guild.id)}, guild.shard_id))

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self._shard_changed(shard_id, up=False)

    def _shard_changed(self, shard_id: int, *, up: bool) -> None:
        if up:
            self._shards_up.add(shard_id)
        else:
            self._shards_up.discard(shard_id)
        self._connected(len(self._shards_up))


def intents_for(message_content: bool) -> discord.Intents:
    """The gateway intents that we request. Without `message_content` (a privileged intent) Discord leaves the text out
    of messages that neither mention us nor reply to us. Members and presences are never needed."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        guild_reactions=True,
        dm_reactions=True,
        guild_typing=True,
        dm_typing=True,
        message_content=message_content,
    )


def build_client(
    listener: Listener,
    typing: TypingListener,
    connected: Callable[[int], None],
    met: Callable[[discord.Guild], None],
    *,
    message_content: bool,
    **options: Any,
) -> DiscordClient:
    """Creates a client that caches no members and no messages, and never pings anybody, whatever a text contains."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we use no voice: no warnings about it
    return DiscordClient(
        listener,
        typing,
        connected,
        met,
        intents=intents_for(message_content),
        member_cache_flags=discord.MemberCacheFlags.none(),
        chunk_guilds_at_startup=False,
        max_messages=None,
        allowed_mentions=discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=False),
        max_ratelimit_timeout=RATE_LIMIT_SECONDS,
        **options,
    )
