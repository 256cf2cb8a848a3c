"""Reads what a room is rebuilt from after a restart, so that it decides as if there had been none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.answer_times import POSTS as LEARNT
from bot.decide.answer_times import AnswerTimes
from bot.decide.posts import POSTS_KEPT as POSTS
from bot.decide.room import MEMBERS, REBUILT, ROOTS, Past
from bot.remember.columns import EPOCH, MICROSECOND
from bot.remember.filters import of_room
from bot.remember.reader import Question
from bot.remember.rows import message_of, post_of, turn_of
from bot.remember.schema import hours, messages, posts, turns
from bot.remember.transaction import OPEN
from bot.types import SOMEBODY, Message, Room, Turn

MOST_FOLDED = 1000  # messages folded again, in a busy room whose timeline is interleaved with threads
ALL = 10**9  # more messages than a file can hold
VOICES = 50_000  # messages of one room in a day: 35 a minute, more than anybody can read
VOICE_LOOKBACK = 25 * 3600 * 10**6  # microseconds; the limit counts 24 hours, with an hour to spare
SECOND = 10**6  # microseconds

# Our deleted messages count as said: otherwise deleting one would make us speak there again.
# That somebody spoke counts, whoever it was.
COUNTS_AS_SAID = or_(messages.c.deleted.is_(False), messages.c.author_is_self, messages.c.author_id == SOMEBODY)
FOLDED = and_(messages.c.unheard.is_(False), COUNTS_AS_SAID)
# In microseconds since 1970; as in bot.decide.message_facts.said_at
SAID_AT = case(
    (and_(messages.c.history, messages.c.at < messages.c.heard), type_coerce(messages.c.at, BigInteger)),
    else_=type_coerce(messages.c.heard, BigInteger),
)
CALLED_US = or_(
    messages.c.addressed,
    # or continued a conversation with us, as the floor decided
    exists().where(turns.c.platform == messages.c.platform, turns.c.trigger == messages.c.id, turns.c.addressed),
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a floor is rebuilt from. `past` and `answer_times` are None if they were not asked for."""

    past: Past | None
    waiting: list[tuple[Turn, Message]]
    answer_times: AnswerTimes | None


def remembered(room: Room, *, with_past: bool, with_times: bool) -> Question[Remembered]:
    """The room's past with its open turns, and the answer times of its community."""

    async def question(connection: AsyncConnection) -> Remembered:
        return Remembered(
            await past(room)(connection) if with_past else None,
            await waiting(room)(connection) if with_past else [],
            await answer_times(room.platform, room.community)(connection) if with_times else None,
        )

    return question


def past(room: Room) -> Question[Past]:
    """Everything the room remembers. Makes several queries: the answer is valid only if nothing of the room was
    committed in between."""

    async def question(connection: AsyncConnection) -> Past:
        since = await _since(connection, room)
        rows = await _rows(connection, _folded(room, since)) if since is not None else []
        return Past(
            messages=[_message(row) for row in rows],
            members=[(row.author_id, row.author_name) for row in await _members(connection, room, since)],
            roots=[row.thread_root for row in await _roots(connection, room, since)],
            posts=[post_of(row) for row in await _posts(connection, room)],
            voices=[(row.said / SECOND, bool(row.ours)) for row in await _voices(connection, room, rows)],
            hours=[(row.hour, row.said) for row in await _hours(connection, room)],
        )

    return question


def answer_times(platform: str, community: str) -> Question[AnswerTimes]:
    """The answer times learnt from all rooms of a community, replayed in the original order."""
    of_community = (posts.c.platform == platform, posts.c.community == community)
    newest = select(posts).where(*of_community, posts.c.counts).order_by(posts.c.seq.desc()).limit(LEARNT)

    async def question(connection: AsyncConnection) -> AnswerTimes:
        times = AnswerTimes()
        for row in reversed(await _rows(connection, newest)):
            times.ask(row.id, row.at, row.room_id)
            if row.waited is not None:
                times.answer(row.id, row.waited)
        for row in await _rows(connection, _last_words(newest.subquery())):
            times.hear(row.room_id, row.said / SECOND)
        return times

    return question


def _last_words(of: Subquery) -> Select[Any]:
    """The time of the last message in each of the rooms of these posts."""
    room = select(of.c.platform, of.c.community, of.c.room_id).distinct().subquery()
    here = [messages.c[key] == room.c[key] for key in ("platform", "community", "room_id")]
    last = (
        select(messages.c.seq)
        .where(*here, messages.c.unheard.is_(False))
        .order_by(messages.c.seq.desc())
        .limit(1)
        .correlate(room)
    )
    return select(messages.c.room_id, SAID_AT.label("said")).join(room, messages.c.seq == last.scalar_subquery())


def waiting(room: Room) -> Question[list[tuple[Turn, Message]]]:
    """The room's open turns, oldest first, with their triggers."""
    unfinished = select(turns).where(of_room(room, turns), turns.c.state.in_(OPEN)).order_by(turns.c.seq)

    async def question(connection: AsyncConnection) -> list[tuple[Turn, Message]]:
        found = [turn_of(row) for row in await _rows(connection, unfinished)]
        about = select(messages).where(
            messages.c.platform == room.platform,
            messages.c.id.in_([turn.trigger for turn in found]),
            messages.c.deleted.is_(False),
        )
        triggers = {row.id: message_of(row) for row in await _rows(connection, about)} if found else {}
        return [(turn, _as_decided(turn, triggers[turn.trigger])) for turn in found if turn.trigger in triggers]

    return question


def _as_decided(turn: Turn, trigger: Message) -> Message:
    return replace(trigger, addressed=trigger.addressed or turn.addressed)


async def _rows(connection: AsyncConnection, query: Any) -> Sequence[Row[Any]]:
    return (await connection.execute(query)).all()


# --- messages ------------------------------------------------------------------------------------


async def _since(connection: AsyncConnection, room: Room) -> int | None:
    """The first message to fold again; None in an empty room. Covers as many messages as a room looks back on, and as
    many of its timeline, which has a window of its own."""
    everything = select(messages.c.seq).where(of_room(room), FOLDED).order_by(messages.c.seq.desc())
    timeline = everything.where(messages.c.thread_root.is_(None)).limit(REBUILT)
    starts = [
        select(func.min(newest.subquery().c.seq)).scalar_subquery()
        for newest in (everything.limit(MOST_FOLDED), everything.limit(REBUILT), timeline)
    ]
    first, usual, of_timeline = (await connection.execute(select(*starts))).one()
    return None if usual is None else int(max(first, min(usual, of_timeline or usual)))


def _folded(room: Room, since: int) -> Any:
    query = select(messages, CALLED_US.label("called_us"), SAID_AT.label("said"))
    return query.where(of_room(room), FOLDED, messages.c.seq >= since).order_by(messages.c.seq)


def _message(row: Row[Any]) -> Message:
    return replace(message_of(row), addressed=bool(row.called_us))


async def _members(connection: AsyncConnection, room: Room, since: int | None) -> Sequence[Row[Any]]:
    """Members who wrote before `since`, by their last message. Those who deleted all their messages are unknown."""
    if since is None:
        return []
    last = func.max(messages.c.seq).label("last")
    before = select(last).where(of_room(room), messages.c.author_id != "", messages.c.seq < since)
    newest = before.group_by(messages.c.author_id).order_by(last.desc()).limit(MEMBERS).subquery()
    named = select(messages.c.author_id, messages.c.author_name).join(newest, newest.c.last == messages.c.seq)
    named = named.where(messages.c.author_is_self.is_(False))
    return await _rows(connection, named.order_by(messages.c.seq))


async def _roots(connection: AsyncConnection, room: Room, since: int | None) -> Sequence[Row[Any]]:
    """Threads with messages before `since`, by their last message."""
    if since is None:
        return []
    last = func.max(messages.c.seq)
    before = select(messages.c.thread_root).where(
        of_room(room), messages.c.thread_root.is_not(None), messages.c.seq < since
    )
    newest = before.group_by(messages.c.thread_root).order_by(last.desc()).limit(ROOTS)
    return (await _rows(connection, newest))[::-1]


# --- how loud, and when --------------------------------------------------------------------------


async def _voices(connection: AsyncConnection, room: Room, folded: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """The messages of the last day, for our share of voice. Includes those deleted since, by us or others, so that a
    deletion does not change our share.

    A message that was said within the day was also heard within it, so the query starts at the first message heard
    since then, in any room, which an index finds.
    """
    since = await _first_of_day(connection, folded) if folded else 0  # if all were deleted, there are few
    newest = (
        select(messages.c.seq, SAID_AT.label("said"), _is_unprompted().label("ours"))
        .where(of_room(room), messages.c.unheard.is_(False), messages.c.seq >= since)
        .order_by(messages.c.seq.desc())
        .limit(VOICES)
    )
    return (await _rows(connection, newest))[::-1]


async def _first_of_day(connection: AsyncConnection, folded: Sequence[Row[Any]]) -> int:
    """The first message, in any room, of the day before the latest of those that are folded, or the first of these."""
    latest = max(row.said for row in folded)
    within = select(messages.c.seq).where(messages.c.heard >= EPOCH + (latest - VOICE_LOOKBACK) * MICROSECOND)
    by_age = within.order_by(messages.c.heard).limit(ALL).subquery()  # unordered, SQLite would go through every message
    today = (await connection.execute(select(func.min(by_age.c.seq)))).scalar()
    return int(folded[0].seq if today is None else min(today, folded[0].seq))


def _is_unprompted() -> ColumnElement[bool]:
    """True for our messages that do not answer a call. The answered message may be purged. (As in RoomState.)"""
    trigger = messages.alias()
    by_message = exists().where(
        trigger.c.platform == messages.c.platform, trigger.c.id == messages.c.reply_to, trigger.c.addressed
    )
    by_turn = exists().where(
        turns.c.platform == messages.c.platform, turns.c.trigger == messages.c.reply_to, turns.c.addressed
    )
    before = func.lag(messages.c.author_is_self).over(
        partition_by=messages.c.thread_root, order_by=messages.c.seq
    )  # a further part of a long reply has no `reply_to` and directly follows the first
    is_part = and_(messages.c.reply_to.is_(None), before.is_(True))
    return case(
        (messages.c.author_is_self, and_(~func.coalesce(is_part, false()), ~by_message, ~by_turn)), else_=false()
    )


async def _hours(connection: AsyncConnection, room: Room) -> Sequence[Row[Any]]:
    """All hours that the purge has kept. The room's first hour is always among them, since quiet hours are learnt from
    then on."""
    return await _rows(
        connection, select(hours.c.hour, hours.c.said).where(of_room(room, hours)).order_by(hours.c.hour)
    )


async def _posts(connection: AsyncConnection, room: Room) -> Sequence[Row[Any]]:
    newest = select(posts).where(of_room(room, posts)).order_by(posts.c.seq.desc()).limit(POSTS)
    return (await _rows(connection, newest))[::-1]
