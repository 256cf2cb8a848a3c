"""What of the past a member may see, as a condition of the query: unknown means no."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, func, or_, select

from bot.remember.filters import of_room
from bot.remember.schema import messages, stays
from bot.remember.stays import departure, of_member
from bot.types import ALL_MEMBERS, Audience, Message, PastReaders, Room

WIDER = {
    Audience.ANYONE: (),
    Audience.MEMBERS: (Audience.ANYONE,),
    Audience.INVITED: (Audience.ANYONE, Audience.MEMBERS),
    Audience.PRESENT: (Audience.ANYONE, Audience.MEMBERS, Audience.INVITED),
    Audience.NOBODY: (Audience.ANYONE, Audience.MEMBERS, Audience.INVITED, Audience.PRESENT),
}
"""The audiences that are wider than each."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whom the past of a room is read for: a member or, with ALL_MEMBERS, everybody who is there (what each of them may
    read). `trigger` is the message that is answered, which they always see. `sees_past`: False if the platform shows
    them nothing that was said before they came, or we don't know."""

    room: Room
    member: str
    trigger: str = ""
    sees_past: bool = True


def viewer_of(trigger: Message, *, asks: bool) -> Viewer:
    """The viewer of the answer to a message.

    If its author asks for the answer, they are the viewer. Others read the answer too, as they would read it if the
    author quoted what they can see; if a newcomer who can see less would make us forget, nobody could be helped in a
    room that people join. If nobody asks, nobody would quote anything, and the answer keeps to what all can see."""
    allowed = (PastReaders.EVERYONE, PastReaders.AUTHOR) if asks else (PastReaders.EVERYONE,)
    member = trigger.author.id if asks else ALL_MEMBERS
    return Viewer(trigger.room, member, trigger.id, trigger.past_readers in allowed)


def readable(viewer: Viewer, said: FromClause = messages) -> ColumnElement[bool]:
    """True for the messages in `said` that the viewer may read, and their own."""
    own = said.c.author_id == viewer.member if viewer.member != ALL_MEMBERS else false()
    known = or_(said.c.id == viewer.trigger, own)
    if not viewer.sees_past:
        return known
    by_all = viewer.member == ALL_MEMBERS
    return or_(known, *(_by_all(viewer, said) if by_all else _by_member(viewer, said)))


def is_shown_to(viewer: Viewer, message: Message) -> bool:
    """Whether the viewer, who is in the room, may read a message that we have not kept: of a narrow audience we don't
    know that they were part of it."""
    if message.author.id == viewer.member:
        return True
    return viewer.sees_past and message.audience in (Audience.ANYONE, Audience.MEMBERS)


def _by_member(viewer: Viewer, said: FromClause) -> list[ColumnElement[bool]]:
    newest = func.coalesce(said.c.edited_seq, said.c.seq)  # an edited text may be for fewer than the first one
    theirs = and_(of_member(viewer.room, viewer.member), stays.c.until.is_(None) | (stays.c.until >= newest))
    left = departure(viewer.room, viewer.member)
    return [
        said.c.audience == Audience.ANYONE,
        (said.c.audience == Audience.MEMBERS) & (left.is_(None) | (left >= newest)),
        (said.c.audience == Audience.INVITED) & exists().where(theirs, stays.c.since < said.c.seq),
        (said.c.audience == Audience.PRESENT) & exists().where(theirs, stays.c.joined < said.c.seq),
    ]


def _by_all(viewer: Viewer, said: FromClause) -> list[ColumnElement[bool]]:
    """Everybody has read what was said after the last of them came, if we know of everybody."""
    there = and_(of_room(viewer.room, stays), stays.c.until.is_(None))
    all_known = exists().where(there, of_member(viewer.room, ALL_MEMBERS))
    hidden = said.c.audience == Audience.NOBODY
    last_came: Any = select(func.max(stays.c.joined)).where(there).scalar_subquery()
    return [said.c.audience.in_([Audience.ANYONE, Audience.MEMBERS]), and_(all_known, last_came < said.c.seq, ~hidden)]
