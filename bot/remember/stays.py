"""Who was in a room, and when: the stays of its members, as far as a message's audience depends on them.

A stay is counted in messages, not in time, since clocks differ and can be forged: it begins after the newest message
that was stored before it, and ends with the newest one that was stored by then. It has a `member_token` instead of the
member's id.

Kept are the stays in rooms that show messages only to those who are present, and elsewhere the departures of people who
have written.
"""

import hashlib
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    ScalarSelect,
    delete,
    exists,
    false,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy import (
    insert as insert_into,
)
from sqlalchemy import (
    update as change,
)

from bot.remember.columns import storable
from bot.remember.filters import of_room
from bot.remember.schema import messages, stays
from bot.types import ALL_MEMBERS, Membership, Presence, Room

NOW = select(func.coalesce(func.max(messages.c.seq), 0)).scalar_subquery()
"""The newest message: where a stay that begins or ends now does so."""

_OPEN = stays.c.until.is_(None)
_JOINED = stays.c.joined.is_not(None)


def member_token(room: Room, member: str) -> str:
    """Stands for a member in one room, so that the database has no list of who is where. It hides an id from readers of
    the file, but not from somebody who tries that id."""
    name = "\0".join((room.platform, room.community, room.id, member))
    return hashlib.sha256(storable(name).encode()).hexdigest()[:20]


def of_member(room: Room, member: str) -> ColumnElement[bool]:
    return of_room(room, stays) & (stays.c.member == member_token(room, member))


def departure(room: Room, member: str) -> ScalarSelect[Any]:
    """Where a member has left the room; NULL if they are there or nothing is known."""
    known = select(stays.c.departed, stays.c.until).where(of_member(room, member), _JOINED)
    last = known.order_by(stays.c.seq.desc()).limit(1).subquery()
    return select(last.c.until).where(last.c.departed).scalar_subquery()


def recorded(news: Membership) -> list[Executable]:
    """The statements that record a membership, in order. Hearing it twice is harmless."""
    theirs = of_member(news.room, news.member)
    if news.presence is Presence.LEFT and news.member == ALL_MEMBERS:
        return [_end(of_room(news.room, stays), departed=False)]
    if news.presence is Presence.LEFT:
        return [_end(theirs, departed=True), _departed(news)]
    missed = [] if news.listed else [_end(theirs & _JOINED, departed=True)]  # nobody can join who has not left
    if news.presence is Presence.INVITED:
        return [*missed, _begin(news, null())]
    accepted = change(stays).where(theirs, _OPEN, ~_JOINED).values(joined=NOW)
    return [*missed, accepted, _begin(news, NOW)]


def outdated(limit: int) -> Executable:
    """Removes `limit` stays that ended before the oldest message that is kept of their room."""
    here = [messages.c[key] == stays.c[key] for key in ("platform", "community", "room_id")]
    seen = exists().where(*here, messages.c.seq <= stays.c.until)
    over = select(stays.c.seq).where(stays.c.until >= 0, ~seen).limit(limit)  # by index, which `~_OPEN` does not use
    return delete(stays).where(stays.c.seq.in_(over))


def _end(whose: ColumnElement[bool], *, departed: bool) -> Executable:
    return change(stays).where(whose, _OPEN).values(until=NOW, departed=departed)


def _begin(news: Membership, joined: Any) -> Executable:
    theirs = of_member(news.room, news.member)
    matters = literal(news.tracked) | exists().where(theirs)
    return _insert(news, joined, null(), false(), ~exists().where(theirs, _OPEN), matters)


def _departed(news: Membership) -> Executable:
    """Notes that an author of the room has left, if nothing was known about them or they were lost track of."""
    room, member = news.room, news.member
    wrote = exists().where(of_room(room), messages.c.author_id == member)
    present = exists().where(of_member(room, member), _OPEN)
    return _insert(news, NOW, NOW, true(), wrote, ~present, departure(room, member).is_(None))


def _insert(news: Membership, joined: Any, until: Any, departed: Any, *conditions: ColumnElement[bool]) -> Executable:
    values = {
        "platform": news.room.platform,
        "community": news.room.community,
        "room_id": news.room.id,
        "member": member_token(news.room, news.member),
    }
    row = [literal(value, stays.c[key].type) for key, value in values.items()]
    columns = [*values, "since", "joined", "until", "departed"]
    return insert_into(stays).from_select(columns, select(*row, NOW, joined, until, departed).where(*conditions))
