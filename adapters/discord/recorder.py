"""The single task that records events: drains the inbox in order, and fetches missed messages before going on."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from bot.types import AdapterState, Clock, Event, Hear, Mark, Message, Removal, Room, StoreError

from . import translate
from .channel_index import ChannelIndex
from .channels import PLATFORM, Channels
from .client import DiscordClient
from .clock_gap import ClockGap
from .history import LAST, LAST_DIRECT, ChannelHistory
from .inbox import EventKind, GatewayEvent, Inbox
from .payload import Payload, id_of

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before a failed commit is retried; the last one repeats

log = structlog.get_logger()


class Recorder:
    """Drains an inbox into the core. Drops nothing but what `hides` (our unfinished previews): a batch that can't be
    committed is retried."""

    def __init__(
        self,
        client: DiscordClient,
        inbox: Inbox,
        places: Channels,
        history: ChannelHistory,
        channel_index: ChannelIndex,
        hides: Callable[[Event], bool],
        hear: Hear,
        state: AdapterState,
        clock: Clock,
    ):
        self._client, self._inbox, self._places, self._history = client, inbox, places, history
        self._channel_index, self._hides, self._hear = channel_index, hides, hear
        self._state, self._clock = state, clock
        self._gap = ClockGap()

    async def run(self) -> None:
        """Records until cancelled. Raises PlatformError when the inbox overflows or the connection is lost."""
        while True:
            await self._record(await self._inbox.take())

    async def _record(self, entries: Sequence[GatewayEvent]) -> None:
        heard: list[Event] = []
        mark: dict[str, str | None] = {}
        for entry in entries:
            if entry.kind is EventKind.ARRIVED:
                await self._commit(heard, mark)
                heard, mark = [], {}
                await self._catch_up(entry.shard)
            else:
                await self._understand(entry, heard, mark)
        await self._commit(heard, mark)

    async def _catch_up(self, shard: int) -> None:
        arrived = self._clock.now()  # from now on people see us, seconds before Discord has listed the communities
        await self._client.ready(shard).wait()
        async for missed, mark in self._history.missed(shard, arrived):
            log.info("discord.caught_up", messages=len(missed))
            for one in missed:
                self._channel_index.note(one)
            await self._commit(missed, mark)

    async def _understand(self, entry: GatewayEvent, heard: list[Event], mark: dict[str, str | None]) -> None:
        try:
            if entry.kind is EventKind.CLOSED:
                heard += self._places.closed(entry.data, self._clock.now())
                return
            if entry.kind in (EventKind.REMOVED, EventKind.JOINED):
                heard += _removal(entry, self._clock)
                return
            place = await self._place(entry)
            events = [] if place is None else [self._timed(one, entry) for one in _events(entry, place, self._clock)]
        except Exception as error:  # an unexpected payload must not stop the others
            log.error("discord.event_skipped", kind=entry.kind, error=type(error).__name__)
            return
        heard += events
        for event in events:
            if place and isinstance(event, Message) and event.id == entry.data.get("id"):
                self._channel_index.note(event)
                if not self._is_listed(entry.data):
                    continue
                channel = event.thread.root or event.room.id
                mark[(LAST_DIRECT if place.direct else LAST) + channel] = event.id

    def _is_listed(self, data: Payload) -> bool:
        """Whether Discord has listed the server in this session. Until then what was missed there is not known, and a
        mark would hide it from the catching up that follows; a direct conversation is no server."""
        guild_id = id_of(data.get("guild_id"))
        guild = self._client.get_guild(int(guild_id)) if guild_id else None
        return guild_id is None or (guild is not None and not guild.unavailable)

    def _timed(self, event: Event, entry: GatewayEvent) -> Event:
        """The event with the time by our clock, where Discord's is far off."""
        if not isinstance(event, Message) or event.history:
            return event
        at = self._gap.moment(event.at, entry.arrived)
        return event if at == event.at else replace(event, at=at)

    async def _place(self, entry: GatewayEvent) -> translate.Channel | None:
        """The channel of an event. A changed thread is a channel itself, of interest only if the SDK knows it: threads
        are also changed when they are put away."""
        if entry.kind is EventKind.RENAMED:
            return self._places.at({**entry.data, "channel_id": entry.data.get("id")})
        return await self._places.of(entry.data)

    async def _commit(self, events: Sequence[Event], mark: Mark) -> None:
        heard = [event for event in events if not self._hides(event)]
        if not heard and not mark:
            return
        tries = 0
        while True:
            try:
                await (self._hear(heard, mark) if heard else self._state.put(mark))
                return
            except StoreError:
                pause = PAUSES[min(tries, len(PAUSES) - 1)]
                log.error("discord.not_recorded", events=len(heard), next_try_seconds=pause)
                await self._clock.sleep(pause)
                tries += 1


def _removal(entry: GatewayEvent, clock: Clock) -> list[Event]:
    community = id_of(entry.data.get("id"))
    if community is None:
        return []
    return [Removal(Room(PLATFORM, community, ""), clock.now(), back=entry.kind is EventKind.JOINED)]


def _events(entry: GatewayEvent, place: translate.Channel, clock: Clock) -> list[Event]:
    now = clock.now()
    if entry.kind is EventKind.DELETED:
        return [*translate.deletions(entry.data, place, now)]
    found: list[Event | None]
    if entry.kind is EventKind.SAID:
        found = [translate.message(entry.data, place, now)]
    elif entry.kind is EventKind.EDITED:
        found = [translate.edit(entry.data, place, now), translate.new_parts(entry.data, place, now)]
    elif entry.kind is EventKind.RENAMED:
        found = [translate.renamed(entry.data, place, now)]
    else:
        found = [translate.reaction(entry.data, place, now, removed=entry.kind is EventKind.UNREACTED)]
    return [event for event in found if event is not None]
