"""What was said while we were away: for each channel, the newest messages after the last recorded one."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import discord
import structlog

from bot.types import AdapterState, Clock, Mark, Message, PlatformError

from .channels import Channels
from .client import DiscordClient
from .json_text import UNREADABLE
from .payload import Payload, id_at, id_of
from .translate import Channel, message

HISTORY_MESSAGES = 100  # a channel: what one request gives; who wrote before those has stopped waiting
CHANNELS = 50  # a start: one request each, well under the 50 a second that Discord allows
DIRECT = 20  # conversations with single members: they can't be listed like channels, so each costs a request
SLACK_IDS = 60_000 << 22  # a minute, as ids count: those of different channels are heard slightly out of order
FORGOTTEN = timedelta(days=7)  # the longest auto-archive time: a thread still unlisted then needs no mark

LAST, LAST_DIRECT, FIRST = "last/", "dm/", "first"
"""Marks: the newest recorded message of each channel and of each direct conversation, and the moment, as an id, when
we connected for the first time (what was said before that is history)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gap:
    """A channel in which something was said after the last message that we have.

    What is older than `begin` was said before we could hear it: before our first start, or before we were invited.
    """

    channel_id: int
    after: int
    newest: int
    place: Channel
    begin: int = 0

    @property
    def mark(self) -> str:
        return (LAST_DIRECT if self.place.direct else LAST) + str(self.channel_id)


class ChannelHistory:
    """Yields what a new session of the gateway does not bring, oldest first in each channel, each with its mark."""

    def __init__(self, client: DiscordClient, places: Channels, state: AdapterState, clock: Clock):
        self._client, self._places, self._state, self._clock = client, places, state, clock

    async def missed(self, shard: int, arrived: datetime) -> AsyncIterator[tuple[list[Message], Mark]]:
        """Batches for the core; `arrived` is when this session began. Raises PlatformError when the connection is
        lost on the way: going on would let the marks pass over what was not read."""
        marks = _numbers(await self._state.scan(LAST))
        first = id_of(await self._state.get(FIRST))
        if first is None:
            first = str(id_at(arrived))
            yield [], {FIRST: first}
        self._places.since = int(first)
        gaps = _bounded(self._gaps(shard, marks, int(first)))
        if shard == 0:  # direct messages come to the first shard alone
            gaps += self._direct_gaps(_numbers(await self._state.scan(LAST_DIRECT)))
        for gap in gaps:
            if heard := await self._read(gap):
                yield heard, {gap.mark: heard[-1].id}
        if outdated := self._outdated(marks):
            yield [], dict.fromkeys((f"{LAST}{channel}" for channel in outdated), None)

    def _gaps(self, shard: int, marks: Mapping[int, int], first: int) -> Iterable[Gap]:
        """A channel without a mark was quiet as long as we listened: there, all is new since we last heard anything
        anywhere. A message that fell into a crash before its channel had a mark is found that way."""
        alive = max([first, *marks.values()]) - SLACK_IDS
        for guild in self._client.guilds:
            if guild.shard_id != shard:
                continue
            joined = guild.me.joined_at if guild.me else None
            begin = max(first, id_at(joined) if joined else 0)
            for channel in _readable_channels(guild):
                after = marks.get(channel.id, alive)
                newest = channel.last_message_id or 0
                if newest > after:
                    place = self._places.place(channel, str(channel.id), str(guild.id))
                    yield Gap(channel.id, after, newest, place, 0 if channel.id in marks else begin)

    def _direct_gaps(self, marks: Mapping[int, int]) -> list[Gap]:
        newest = sorted(marks.items(), key=lambda mark: mark[1], reverse=True)[:DIRECT]
        return [Gap(channel, after, after, self._places.direct(str(channel))) for channel, after in newest]

    async def _read(self, gap: Gap) -> list[Message]:
        """The newest HISTORY_MESSAGES of a channel rather than the next ones after the mark: somebody still waits for
        an answer to the recent ones."""
        try:
            payloads: list[Payload] = list(await self._client.http.logs_from(gap.channel_id, HISTORY_MESSAGES))
        except discord.HTTPException as problem:
            log.warning("discord.history_unread", channel=gap.channel_id, status=problem.status)
            return []
        except (discord.DiscordException, aiohttp.ClientError, OSError, *UNREADABLE) as problem:
            raise PlatformError(f"Discord was lost while reading history: {type(problem).__name__}") from problem
        heard = self._clock.now()
        newer = sorted((snowflake, one) for one in payloads if (snowflake := _newer(one, gap.after)))
        said = (message(one, gap.place, heard, history=snowflake < gap.begin) for snowflake, one in newer)
        return [one for one in said if one is not None]

    def _outdated(self, marks: Mapping[int, int]) -> list[int]:
        """Marks of channels that Discord no longer lists (deleted, or archived threads): else they would pile up."""
        shards = self._client.shard_count or 1
        if not all(self._client.ready(shard).is_set() for shard in range(shards)):
            return []  # not all communities are listed yet
        before = id_at(self._clock.now() - FORGOTTEN)
        return [
            channel for channel, newest in marks.items() if newest < before and not self._client.get_channel(channel)
        ]


def _newer(data: object, after: int) -> int:
    snowflake = int(id_of(data.get("id")) or 0) if isinstance(data, Mapping) else 0
    return snowflake if snowflake > after else 0


def _bounded(gaps: Iterable[Gap]) -> list[Gap]:
    """The channels with the newest messages, oldest first."""
    ordered = sorted(gaps, key=lambda gap: gap.newest)
    if len(ordered) > CHANNELS:
        log.warning("discord.history_bounded", channels=len(ordered), read=CHANNELS)
    return ordered[-CHANNELS:]


SdkChannel = discord.TextChannel | discord.VoiceChannel | discord.Thread


def _readable_channels(guild: discord.Guild) -> Iterable[SdkChannel]:
    """Those whose history we may read: asking for others only spends the budget of refused requests."""
    if not guild.me:
        return
    channels: list[SdkChannel] = [
        *guild.text_channels,
        *guild.voice_channels,
        *(thread for thread in guild.threads if thread.parent),
    ]
    yield from (one for one in channels if one.permissions_for(guild.me).read_message_history)


def _numbers(marks: Mapping[str, str]) -> dict[int, int]:
    """Marks by the number of their channel; what is no number (a damaged entry) is as good as no mark."""
    pairs = ((id_of(key.rpartition("/")[2]), id_of(value)) for key, value in marks.items())
    return {int(channel): int(newest) for channel, newest in pairs if channel and newest}
