"""Reads a sync response into events and marks. Changes no state before they are committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog

from adapters.matrix.backfill import MissedEvents, past_of
from adapters.matrix.clock_gaps import ClockGaps
from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.raw import JSONObject, content_of, dicts, string, under
from adapters.matrix.recent import Recent, Seen
from adapters.matrix.rooms import RoomInfo, counted, dumped, folded
from adapters.matrix.roster import Rosters, listed, lost_track, membership
from adapters.matrix.session import Session
from adapters.matrix.translate import ID_LENGTH, Ear, translate, typists
from adapters.matrix.visibility import DEFAULT, Visibility
from bot.types import (
    Clock,
    Deletion,
    Edit,
    Event,
    Membership,
    Message,
    NewParts,
    PlatformError,
    Reaction,
    Removal,
    Thread,
)

log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """The result of a sync. `rooms`: their new state (None: we have left); `invites`: inviters by room; `typing`: who
    is typing where, which is not stored."""

    events: list[Event] = field(default_factory=list)
    rooms: dict[str, RoomInfo | None] = field(default_factory=dict)
    invites: dict[str, str] = field(default_factory=dict)
    typing: list[tuple[Thread, str]] = field(default_factory=list)

    def marks(self) -> dict[str, str | None]:
        rooms = {f"room/{room}": dumped(info) if info else None for room, info in self.rooms.items()}
        gone = {f"invite/{room}": None for room, info in self.rooms.items() if info is None}
        return {**rooms, **gone, **{f"invite/{room}": inviter for room, inviter in self.invites.items()}}


class Hearing:
    """Reads sync responses for one account. `rooms` are those that we are in, as of the last commit."""

    def __init__(self, server: Homeserver, session: Session, rooms: dict[str, RoomInfo], clock: Clock):
        self._server = server
        self._session = session
        self._rooms = rooms
        self._clock = clock
        self._recent = Recent()
        self._rosters = Rosters(server, session.user)
        self._unreadable: set[str] = set()
        self._gaps, self._is_live = ClockGaps(), False

    async def read(self, answer: JSONObject, since: str | None, *, live: bool = False) -> Batch:
        """Reads a response; `live`: it directly follows the one before, so what is in it was said just now. Raises
        MatrixError if missing events could not be fetched; then sync again from `since`."""
        batch, self._is_live = Batch(), live
        for room, part in _parts(answer, "leave"):
            with _skipped("room", room):
                await self._left(room, part, batch)
        for room, part in _parts(answer, "join"):
            with _skipped("room", room):
                await self._joined(room, part, since, batch)
        for room, part in _parts(answer, "invite"):
            with _skipped("room", room):
                batch.invites.update(_invitation(room, part, self._session.user))
        return batch

    async def _left(self, room: str, part: JSONObject, batch: Batch) -> None:
        """Reads the last messages of a room before we left it or were removed: as history, since we can't answer."""
        info = self._rooms.get(room)
        if info is not None:
            events = dicts(under(part, "timeline").get("events"))
            await self._hear(events, info, names_in(events), range(len(events)), batch)
            batch.events += [lost_track(info), Removal(info.room, self._clock.now())]
        batch.rooms[room] = None

    async def _joined(self, room: str, part: JSONObject, since: str | None, batch: Batch) -> None:
        known = self._rooms.get(room)
        batch.events += [] if known else [Removal(RoomInfo(room).room, self._clock.now(), back=True)]
        state = dicts(under(part, "state").get("events"))
        timeline = dicts(under(part, "timeline").get("events"))
        info = counted(known or RoomInfo(room), part.get("summary"))
        for event in state:
            info = folded(info, event)
        past = await self._missed(room, part, since, known is None)
        events = past.events + timeline
        is_new = known is None and (since is None or any(map(self._arrival, events)))
        info = await self._with_visibility(info, is_new)
        history = range(self._history(events, since, known is None))
        names = names_in(state + past.state + events)
        # the given state is that at the beginning of the timeline; the recovered past is older and must not undo it
        then = await self._hear(past.events, self._before(info, known, past, batch), names, history, batch)
        info = replace(info, visibility=then.visibility.after_all(state), roster=then.roster)
        info = await self._attended(info, state, timeline, under(part, "timeline").get("prev_batch"), batch)
        later = range(max(0, history.stop - len(past.events)))
        begun = len(batch.events)
        info = await self._hear(timeline, info, names, later, batch)
        if self._is_live and under(part, "timeline").get("limited") is not True:
            batch.events[begun:] = [self._timed(event) for event in batch.events[begun:]]
        self._notice_unreadable(info)
        batch.typing += [] if info.silent else _typing(info, part, self._session.user)
        if info != known:
            batch.rooms[room] = info

    async def _with_visibility(self, info: RoomInfo, is_new: bool) -> RoomInfo:
        """The room with its visibility known, if possible. In a room just joined, the state is complete. Else (a room
        from before Cameo kept this) the homeserver is asked; what was sent before its answer may have had another."""
        if info.visibility.now or info.silent:
            return info
        if is_new:
            return replace(info, visibility=Visibility(DEFAULT))
        found = await self._rosters.visibility(info)
        return replace(info, visibility=Visibility(found, changed_ms=int(self._clock.now().timestamp() * 1000)))

    def _before(self, info: RoomInfo, known: RoomInfo | None, past: MissedEvents, batch: Batch) -> RoomInfo:
        """The room before the recovered past. If more is missing, members may have come and gone meanwhile."""
        if known is not None and past.whole:
            return replace(info, visibility=known.visibility) if known.visibility.now else info
        batch.events += [] if known is None else [lost_track(info)]
        return replace(info, visibility=info.visibility.preceding(past.events), roster=False)

    async def _attended(
        self, info: RoomInfo, state: list[JSONObject], timeline: list[JSONObject], at: object, batch: Batch
    ) -> RoomInfo:
        """Tells who is in the room at the beginning of its timeline, where an audience depends on that."""
        if info.silent or not (info.roster or info.visibility.is_ever_narrow(timeline)):
            return info
        members: list[Membership] = []
        if not info.roster:
            info, members = await self._rosters.of(info, at)
        batch.events += members or listed(state, info, self._session.user)
        return info

    async def _missed(self, room: str, part: JSONObject, since: str | None, fresh: bool) -> MissedEvents:
        """The events between the last sync and this timeline; in a room just joined, back to our arrival."""
        timeline = under(part, "timeline")
        start = timeline.get("prev_batch")
        if since is None or timeline.get("limited") is not True:
            return MissedEvents(whole=True)
        if not isinstance(start, str):
            return MissedEvents()
        if fresh and any(map(self._arrival, dicts(timeline.get("events")))):
            return MissedEvents(whole=True)
        enough = self._arrival if fresh else _never
        return await past_of(self._server, room, start, None if fresh else since, enough)

    def _history(self, events: list[JSONObject], since: str | None, fresh: bool) -> int:
        """How many of the events count as history: all at our first start, those up to our arrival in a room just
        joined, otherwise none."""
        if since is None:
            return len(events)
        if not fresh:
            return 0
        return max((number + 1 for number, event in enumerate(events) if self._arrival(event)), default=0)

    def _arrival(self, event: JSONObject) -> bool:
        """True if we join the room. A changed display name differs only in the previous membership."""
        if event.get("type") != "m.room.member" or event.get("state_key") != self._session.user:
            return False
        was = under(under(event, "unsigned"), "prev_content").get("membership")
        return content_of(event).get("membership") == "join" and was != "join"

    async def _hear(
        self, events: list[JSONObject], info: RoomInfo, names: dict[str, str], history: range, batch: Batch
    ) -> RoomInfo:
        heard = self._clock.now()
        for number, event in enumerate(events):
            with _skipped("event", event.get("event_id")):
                was, info = info, folded(info, event)
                if was.roster and not info.visibility.narrow:
                    batch.events.append(lost_track(info))  # from now on, arrivals are not told
                    info = replace(info, roster=False)
                came_or_went = membership(event, info, self._session.user)
                batch.events += [came_or_went] if came_or_went and not info.silent else []
                ear = Ear(info, self._session.user, heard, self._session.name, names, self._recent, number in history)
                batch.events += await self._understood(event, ear)
        return info

    def _timed(self, event: Event) -> Event:
        """The event with the time by our clock, where its sender's server is far off."""
        if not isinstance(event, Message) or event.history:
            return event
        return replace(event, at=self._gaps.moment(event.author.id, event.at, event.heard))

    async def _understood(self, event: JSONObject, ear: Ear) -> list[Event]:
        """Translates an event, after checking what it claims about another event."""
        said = translate(event, ear)
        if said is None or (ear.info.silent and not isinstance(said, Deletion | Edit | NewParts)):
            return []
        if isinstance(said, Edit | NewParts) and not await self._wrote(event["sender"], said):
            return []
        seen = self._recent.get(said.message_id) if isinstance(said, Deletion) else None
        if isinstance(said, Deletion) and seen and seen.reaction:
            return [replace(seen.reaction, at=said.at, removed=True)]
        self._recent.note(event["event_id"], Seen(event["sender"], said if isinstance(said, Reaction) else None))
        return [said]

    async def _wrote(self, sender: str, edit: Edit | NewParts) -> bool:
        """True if the editor wrote the message. Anybody can send an "edit" of any message; only the author's counts."""
        seen = self._recent.get(edit.message_id)
        if seen is None:
            try:
                original = await self._server.event(edit.room.id, edit.message_id)
            except MatrixError as error:
                if error.status not in (400, 403, 404):
                    raise
                return False
            seen = Seen(string(original.get("sender")))
            self._recent.note(edit.message_id, seen)
        return seen.sender == sender

    def _notice_unreadable(self, info: RoomInfo) -> None:
        if info.encrypted and info.id not in self._unreadable:
            self._unreadable.add(info.id)
            log.warning("matrix_room_encrypted", room=info.id, meaning="Cameo cannot read or write here yet")


@contextmanager
def _skipped(what: str, name: object) -> Iterator[None]:
    """Skips an event (or a room's part of a sync) that raises what nobody foresaw, with one log line. Without this the
    sync would be read again and again, since its token is committed only with its events."""
    try:
        yield
    except PlatformError:  # the homeserver is away: the whole sync is read again
        raise
    except Exception as error:
        log.error("matrix_skipped", what=what, id=string(name)[:ID_LENGTH], error=type(error).__name__)


def names_in(events: list[JSONObject]) -> dict[str, str]:
    """Display names by user id, from the membership events among `events`."""
    members = [event for event in events if event.get("type") == "m.room.member"]
    names = [(event.get("state_key"), content_of(event).get("displayname")) for event in members]
    latest = {user: name for user, name in names if isinstance(user, str)}
    return {user: name for user, name in latest.items() if isinstance(name, str)}


def _typing(info: RoomInfo, part: JSONObject, own_id: str) -> list[tuple[Thread, str]]:
    """Who is typing in the room; Matrix does not say in which thread."""
    events = dicts(under(part, "ephemeral").get("events"))
    return [(Thread(info.room), user) for event in events for user in typists(event, own_id)]


def _parts(answer: JSONObject, membership: str) -> list[tuple[str, JSONObject]]:
    rooms = under(under(answer, "rooms"), membership)
    return [(room, part) for room, part in rooms.items() if len(room) <= ID_LENGTH and isinstance(part, dict)]


def _invitation(room: str, part: JSONObject, own_id: str) -> dict[str, str]:
    """The inviter by room, if we are invited. An invitation also contains other memberships; only ours names the
    inviter."""
    for event in dicts(under(part, "invite_state").get("events")):
        ours = event.get("type") == "m.room.member" and event.get("state_key") == own_id
        if ours and content_of(event).get("membership") == "invite":
            return {room: string(event.get("sender"))}
    return {}


def _never(_: JSONObject) -> bool:
    return False
