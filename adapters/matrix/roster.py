"""Who is in a room: what membership events tell, and the whole list where messages are for those who are present."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial

import structlog

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.raw import JSONObject, content_of, dicts, string, under
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.text import clean
from adapters.matrix.visibility import DEFAULT, VISIBILITY
from bot.types import ALL_MEMBERS, Membership, Presence

log = structlog.get_logger()

MEMBER = "m.room.member"
ROSTER_MEMBERS = 2000
"""The most members that are listed: one response of a megabyte, and a second of writing. In larger rooms, members are
known from when they first speak or join."""

ID_LENGTH = 255  # bytes, by the specification
_PRESENCES = {"join": Presence.JOINED, "invite": Presence.INVITED}  # with any other membership they are not there


def membership(event: JSONObject, info: RoomInfo, own_id: str, *, listed: bool = False) -> Membership | None:
    """What a membership event tells about a member; None for ourselves, other events, and malformed ones."""
    member, now = event.get("state_key"), content_of(event).get("membership")
    if event.get("type") != MEMBER or not isinstance(member, str) or not isinstance(now, str):
        return None
    if member == own_id or not 0 < len(member) <= ID_LENGTH:
        return None
    was = under(under(event, "unsigned"), "prev_content").get("membership")
    is_profile = was == now == "join"  # a new name or picture, of somebody who was there before
    presence = _PRESENCES.get(now, Presence.LEFT)
    return Membership(info.room, clean(member), presence, listed=listed or is_profile, tracked=tracks(info))


def tracks(info: RoomInfo) -> bool:
    """True if it must be known who is in the room."""
    return info.visibility.narrow or info.roster


def listed(events: Iterable[JSONObject], info: RoomInfo, own_id: str) -> list[Membership]:
    """The members in a list of their current memberships."""
    found = (membership(event, info, own_id, listed=True) for event in events)
    return [each for each in found if each is not None]


def lost_track(info: RoomInfo) -> Membership:
    """From now on, nobody's presence is known."""
    return Membership(info.room, ALL_MEMBERS, Presence.LEFT)


class Rosters:
    """Asks the homeserver for what decides who may read a room; what it refuses for a room is not asked again. Raises
    MatrixError when the homeserver is away."""

    def __init__(self, server: Homeserver, own_id: str):
        self._server, self._own_id = server, own_id
        self._refused: set[tuple[str, str]] = set()

    async def of(self, info: RoomInfo, at: object) -> tuple[RoomInfo, list[Membership]]:
        """Everybody who was in the room at a sync token, and the room with `roster` set; nobody if the homeserver does
        not tell, or the room is too large."""
        if not isinstance(at, str) or not 0 < info.joined <= ROSTER_MEMBERS:
            return info, []
        answer = await self._ask(info, MEMBER, partial(self._server.members, info.id, at))
        if answer is None or "chunk" not in answer:
            return info, []
        known = replace(info, roster=True)
        everybody = Membership(info.room, ALL_MEMBERS, Presence.JOINED, listed=True)
        return known, [*listed(dicts(answer.get("chunk")), known, self._own_id), everybody]

    async def visibility(self, info: RoomInfo) -> str:
        """The room's history visibility now; "" if the homeserver does not tell."""
        answer = await self._ask(info, VISIBILITY, partial(self._server.state, info.id, VISIBILITY))
        if answer is None:
            return ""
        return string(answer.get("history_visibility")) if answer else DEFAULT

    async def _ask(self, info: RoomInfo, kind: str, request: Callable[[], Awaitable[JSONObject]]) -> JSONObject | None:
        """The answer (empty: there is no such state), or None."""
        if (info.id, kind) in self._refused:
            return None
        try:
            return await request()
        except MatrixError as error:
            if error.code == "M_NOT_FOUND":
                return {}
            if error.status not in (400, 403, 404):
                raise
            log.warning("matrix_state_refused", room=info.id, kind=kind, error=error.code)
            self._refused.add((info.id, kind))
            return None
