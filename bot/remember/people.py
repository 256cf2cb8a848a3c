"""Who the people of a conversation are to the room: counted from the messages and turns that are kept anyway, for one
viewer, when it is asked. Nothing is stored, so nothing outlives a message."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.filters import living, of_room
from bot.remember.reader import Question
from bot.remember.schema import messages, turns
from bot.remember.visibility import Viewer, readable
from bot.types import State

COUNTED = 100  # messages or turns that are looked at; more would tell nothing new, and cost time in a big room


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A person in one room: how many messages of theirs are kept (COUNTED at most), the platform's time of the first of
    these, and whether they have asked us, and got an answer, before."""

    said: int
    first: datetime
    has_asked: bool


@dataclass(frozen=True, slots=True)
class Acquaintances:
    """The people, by member id; `since` is the time of the room's first message that is kept, None if there is none."""

    since: datetime | None
    people: Mapping[str, Acquaintance]


def acquaintances(viewer: Viewer, members: Collection[str]) -> Question[Acquaintances]:
    """Looks up members in the viewer's room, from what the viewer may read. The message that is answered is no earlier
    one: it does not count as having asked."""

    async def question(connection: AsyncConnection) -> Acquaintances:
        asked = await _who_asked(connection, viewer, members)
        people = {}
        for member in members:
            theirs = living(viewer.room).where(messages.c.author_id == member, readable(viewer))
            newest = theirs.order_by(messages.c.seq.desc()).limit(COUNTED).subquery()
            said, first = (await connection.execute(select(func.count(), func.min(newest.c.at)))).one()
            if said:
                people[member] = Acquaintance(said, first, member in asked)
        return Acquaintances(await _since(connection, viewer), people)

    return question


async def _since(connection: AsyncConnection, viewer: Viewer) -> datetime | None:
    oldest = living(viewer.room).where(readable(viewer)).order_by(messages.c.seq).limit(COUNTED).subquery()
    found: datetime | None = (await connection.execute(select(func.min(oldest.c.at)))).scalar()
    return found


async def _who_asked(connection: AsyncConnection, viewer: Viewer, members: Collection[str]) -> set[str]:
    """The members among those of our newest answers in the room whose question the viewer may read."""
    spoken = (
        select(turns.c.member, turns.c.trigger)
        .where(of_room(viewer.room, turns), text("turns.text != ''"), turns.c.trigger != viewer.trigger)
        .where(turns.c.addressed, turns.c.state == State.SENT.value)
        .order_by(turns.c.at.desc())
        .limit(COUNTED)
        .subquery()
    )
    asked = (messages.c.platform == viewer.room.platform) & (messages.c.id == spoken.c.trigger)
    query = select(spoken.c.member).join(messages, asked).where(spoken.c.member.in_(list(members)), readable(viewer))
    return {row.member for row in await connection.execute(query)}
