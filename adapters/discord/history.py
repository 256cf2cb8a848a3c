"""Fetches missed messages: for each channel, the newest messages after the last recorded one."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord
import structlog

from bot.types import AdapterState, Clock, Mark, Message, PlatformError

from .channels import Channels
from .client import DiscordClient
from .payload import Payload, id_at, id_of
from .translate import Channel, message

HISTORY_MESSAGES = 100  # per channel: what one request returns; authors of older messages no longer wait for an answer
CHANNELS = 50  # per start, one request each: well under the 50 per second that Discord allows
DIRECT = 20  # direct conversations per start: they can't be listed like channels, so each costs a request
SLACK_IDS = 60_000 << 22  # one minute in ids: messages of different channels are heard slightly out of order
FORGOTTEN = timedelta(days=7)  # the longest auto-archive time: a thread still unlisted after that needs no mark

LAST, LAST_DIRECT, FIRST = "last/", "dm/", "first"
"""Marks: the newest recorded message of each channel and of each direct conversation, and the moment, as an id, when
we connected for the first time (what was said before that is history)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gap:
    """A channel with messages after the last one that we have.

    Messages before `begin` were sent before we could hear them: before our first start, or before we were invited.
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
    """Yields the messages that a new gateway session does not resend, oldest first in each channel, with marks."""

    def __init__(self, client: DiscordClient, places: Channels, state: AdapterState, clock: Clock):
        self._client, self._places, self._state, self._clock = client, places, state, clock

    async def missed(self, shard: int, arrived: datetime) -> AsyncIterator[tuple[list[Message], Mark]]:
        """Yields batches for the core; `arrived` is when this session began. Raises PlatformError when the connection
        is lost meanwhile: going on would move the marks past unread messages."""
        marks = _numbers(await self._state.scan(LAST))
        first = id_of(await self._state.get(FIRST))
        if first is None:
            first = str(id_at(arrived))
            yield [], {FIRST: first}
        self._places.since = int(first)
        gaps = _bounded(self._gaps(shard, marks, int(first)))
        if shard == 0:  # direct messages come to the first shard only
            gaps += self._direct_gaps(_numbers(await self._state.scan(LAST_DIRECT)))
        for gap in gaps:
            if heard := await self._read(gap):
                yield heard, {gap.mark: heard[-1].id}
        if outdated := self._outdated(marks):
            yield [], dict.fromkeys((f"{LAST}{channel}" for channel in outdated), None)

    def _gaps(self, shard: int, marks: Mapping[int, int], first: int) -> Iterable[Gap]:
        """The gaps of a shard's channels. A channel without a mark was quiet while we listened, so everything there
        since we last heard anything anywhere is new. This finds a message that was lost in a crash before its channel
        had a mark."""
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
        """Reads the newest HISTORY_MESSAGES of a channel, not the next ones after the mark: authors of recent messages
        may still wait for an answer."""
        try:
            payloads: list[Payload] = list(await self._client.http.logs_from(gap.channel_id, HISTORY_MESSAGES))
        except discord.HTTPException as problem:
            log.warning("discord.history_unread", channel=gap.channel_id, status=problem.status)
            return []
        except Exception as problem:  # the SDK raises anything on an answer that is not as documented
            raise PlatformError(f"Discord was lost while reading history: {type(problem).__name__}") from problem
        heard = self._clock.now()
        newer = {snowflake: one for one in payloads if (snowflake := _newer(one, gap.after))}
        said = (message(newer[one], gap.place, heard, history=one < gap.begin) for one in sorted(newer))
        return [one for one in said if one is not None]

    def _outdated(self, marks: Mapping[int, int]) -> list[int]:
        """Channels with marks that Discord no longer lists (deleted, or archived threads), so that marks don't pile
        up."""
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
    """At most CHANNELS gaps, those with the newest messages, oldest first."""
    ordered = sorted(gaps, key=lambda gap: gap.newest)
    if len(ordered) > CHANNELS:
        log.warning("discord.history_bounded", channels=len(ordered), read=CHANNELS)
    return ordered[-CHANNELS:]


SdkChannel = discord.TextChannel | discord.VoiceChannel | discord.Thread


def _readable_channels(guild: discord.Guild) -> Iterable[SdkChannel]:
    """The channels whose history we may read. Requests for others would only count towards Discord's limit for refused
    requests."""
    if not guild.me:
        return
    channels: list[SdkChannel] = [
        *guild.text_channels,
        *guild.voice_channels,
        *(thread for thread in guild.threads if thread.parent),
    ]
    yield from (one for one in channels if one.permissions_for(guild.me).read_message_history)


def _numbers(marks: Mapping[str, str]) -> dict[int, int]:
    """Marks by channel number; an entry that is not a number (damaged) counts as no mark."""
    pairs = ((id_of(key.rpartition("/")[2]), id_of(value)) for key, value in marks.items())
    return {int(channel): int(newest) for channel, newest in pairs if channel and newest}
