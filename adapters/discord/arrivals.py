"""The one word when we come to a server: told once to its system channel, also after a crash at the worst moment."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import discord
import structlog

from bot.types import AdapterState, Arrival, Clock, PlatformError, Room, StoreError, Undeliverable

from .channels import PLATFORM
from .client import DiscordClient
from .errors import sdk_errors
from .markup import plain_name
from .sender import Sender
from .sent_before import SentBefore

ARRIVED = "arrived/"
TOLD_WITHIN = timedelta(hours=1)  # after our coming; later nobody waits for a word, as after an update of this program
AGAIN_SECONDS = 60.0

log = structlog.get_logger()


class ArrivalStep(Enum):
    NOTHING = auto()  # told, or too late
    TELL = auto()
    LOOK = auto()  # we were interrupted while we told it: tell it if it is not there


@dataclass(frozen=True, slots=True)
class Noted:
    """What is stored of an arrival: when we joined, and whether the word is told or about to be."""

    joined: datetime
    told: bool

    def value(self) -> str:
        return f"{self.joined.isoformat()} {'told' if self.told else 'telling'}"


def read_noted(value: str | None) -> Noted | None:
    """None if nothing, or nothing readable, is stored."""
    moment, _, state = (value or "").partition(" ")
    try:
        return Noted(datetime.fromisoformat(moment), state == "told")
    except ValueError:
        return None


def next_step(noted: Noted | None, joined: datetime, now: datetime) -> ArrivalStep:
    """What is to be done about a server that we joined at `joined`."""
    if now - joined >= TOLD_WITHIN:
        return ArrivalStep.NOTHING
    if noted is None or noted.joined != joined:  # the first time, or invited again
        return ArrivalStep.TELL
    return ArrivalStep.NOTHING if noted.told else ArrivalStep.LOOK


class Arrivals:
    """Introduces us through one connected client. `greet` gives the word, "" for none."""

    def __init__(
        self,
        client: DiscordClient,
        sender: Sender,
        standing: SentBefore,
        state: AdapterState,
        clock: Clock,
        greet: Callable[[Arrival], str],
    ):
        self._client, self._sender, self._standing = client, sender, standing
        self._state, self._clock, self._greet = state, clock, greet
        self._known: dict[int, Noted] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def load(self) -> None:
        """Recalls what was told by an earlier run, and forgets what is too old to matter."""
        old: dict[str, str | None] = {}
        for key, value in (await self._state.scan(ARRIVED)).items():
            noted, number = read_noted(value), key.removeprefix(ARRIVED)
            if noted is None or not number.isdecimal() or self._clock.now() - noted.joined >= TOLD_WITHIN:
                old[key] = None
            else:
                self._known[int(number)] = noted
        if old:
            await self._state.put(old)

    async def run(self) -> None:
        """Owns the tasks until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for guild in self._client.guilds:  # those that were there before us
                self.met(guild)
            await asyncio.Event().wait()

    def met(self, guild: discord.Guild) -> None:
        """We see a server: we have just come, or connected, or it is back after an outage."""
        joined = guild.me.joined_at if guild.me else None
        if self._tasks is None or joined is None:
            return
        step = next_step(self._known.get(guild.id), joined, self._clock.now())
        if step is not ArrivalStep.NOTHING:
            again = step is ArrivalStep.LOOK
            self._known[guild.id] = Noted(joined, told=True)  # for this run: what comes meanwhile starts nothing twice
            self._tasks.create_task(self._introduce(guild, joined, again=again))

    async def _introduce(self, guild: discord.Guild, joined: datetime, *, again: bool) -> None:
        """Tells the word, trying again while Discord can't be reached, but no later than TOLD_WITHIN."""
        while self._clock.now() - joined < TOLD_WITHIN:
            try:
                await self._tell_once(guild, joined, again=again)
                return
            except Undeliverable as problem:
                log.info("discord.not_introduced", problem=str(problem))
                return
            except (PlatformError, StoreError) as problem:
                log.info("discord.introduced_later", problem=type(problem).__name__)
            except Exception as problem:  # the SDK raises anything on a server that is not as documented
                log.warning("discord.not_introduced", problem=type(problem).__name__)
                return
            again = True
            await self._clock.sleep(AGAIN_SECONDS)

    async def _tell_once(self, guild: discord.Guild, joined: datetime, *, again: bool) -> None:
        channel = guild.system_channel
        if channel is None or not may_write(channel, guild.me):
            return
        text = self._greet(arrival(guild, channel, reads_all=self._client.intents.message_content))
        key = f"{ARRIVED}{guild.id}"
        await self._state.put({key: Noted(joined, told=False).value()})
        if text and not (again and await self._is_told(channel, joined)):
            await self._sender.tell(_room(channel), text, f"{key}/{joined.isoformat()}")
        await self._state.put({key: Noted(joined, told=True).value()})

    async def _is_told(self, channel: discord.TextChannel, joined: datetime) -> bool:
        """Whether we have spoken in the channel since we came; where its past is hidden from us, we may have."""
        try:
            with sdk_errors():
                return await self._standing.speaks_after(channel.id, joined)
        except Undeliverable:
            return True


def arrival(guild: discord.Guild, system: discord.TextChannel, *, reads_all: bool) -> Arrival:
    """What there is to say about a server: where we may write, and in which of the channels that everybody sees not."""
    seen = [one for one in _rooms(guild) if one.permissions_for(guild.me).view_channel]
    everyone = guild.default_role
    closed = [one for one in seen if not may_write(one, guild.me)]
    return Arrival(
        _room(system),
        {_room(one): one.mention for one in seen if one not in closed},
        {_room(one): one.mention for one in closed if one.permissions_for(everyone).view_channel},
        str(guild.preferred_locale),
        reads_all,
    )


def may_write(channel: discord.abc.GuildChannel, me: discord.Member) -> bool:
    """Whether we may answer in the channel; a forum's posts are threads."""
    rights = channel.permissions_for(me)
    may = rights.send_messages_in_threads if isinstance(channel, discord.ForumChannel) else rights.send_messages
    return rights.view_channel and may


def _rooms(guild: discord.Guild) -> list[discord.TextChannel | discord.ForumChannel]:
    """The channels in which people write, as they are listed."""
    kinds = (discord.TextChannel, discord.ForumChannel)
    return [one for _, channels in guild.by_category() for one in channels if isinstance(one, kinds)]


def _room(channel: discord.TextChannel | discord.ForumChannel) -> Room:
    guild = channel.guild
    return Room(PLATFORM, str(guild.id), str(channel.id), channel.name, plain_name(guild.name))
