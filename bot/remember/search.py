"""Full-text search in one room, for one viewer: the best messages, how common words are, and what was said around a
message."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import fulltext, sqlite
from bot.remember.filters import in_room, living
from bot.remember.reader import Question
from bot.remember.rows import message_of
from bot.remember.schema import messages, posts
from bot.remember.visibility import Viewer, readable
from bot.types import Message

REPLIES_WITHIN = 2000  # messages of all rooms: replies to older ones are rare, and reply links have no index


@dataclass(frozen=True, slots=True)
class Found:
    """Messages that share words with a text, best first. Of the room's messages, `said` in all, `holding` counts those
    that hold each asked word, so that rare words can count more."""

    messages: Sequence[Message]
    said: int
    holding: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was said around a message: in its own thread before and after it, and, also `after`, in the thread that it
    starts or as replies to it; each oldest first. `answered_by`: the id of the message that answered it, as far as the
    room has learnt; "" if unknown."""

    before: tuple[Message, ...]
    after: tuple[Message, ...]
    answered_by: str = ""


async def hits(
    connection: AsyncConnection, viewer: Viewer, query: str, limit: int, exclude: Collection[str], *columns: Any
) -> Sequence[Row[Any]]:
    """The best messages that the viewer may read, with `unlikeness` and the given columns."""
    # The index alone picks the best rows, plus as many as may be excluded; only these few are looked up. All that match
    # are looked up if too many of the best are hidden from the viewer.
    found: Sequence[Row[Any]] = ()
    for most in (limit + len(exclude), None):
        best = sqlite.best_words(query, most).subquery()
        rows = (
            select(messages, best.c.unlikeness, *columns)
            .join(best, best.c.rowid == messages.c.seq)
            .where(in_room(viewer.room), messages.c.id.not_in(list(exclude)), readable(viewer))
            .order_by(best.c.unlikeness, messages.c.seq.desc())
            .limit(limit)
        )
        found = (await connection.execute(rows)).all()
        if len(found) == limit:
            break
    return found


def similar(viewer: Viewer, text: str, words: Collection[str], limit: int, exclude: Collection[str]) -> Question[Found]:
    """The messages that share distinctive words with the text, and how many hold each of `words`."""
    room, terms = fulltext.room_token(viewer.room), fulltext.asked(text)

    async def question(connection: AsyncConnection) -> Found:
        if terms is None:
            return Found((), 0, {})
        rows = await hits(connection, viewer, sqlite.search_query(room, terms), limit, exclude)
        asked = {word: one for word in words if rows and (one := fulltext.asked(word))}
        queries = [sqlite.in_room_query(room), *(sqlite.search_query(room, one) for one in asked.values())]
        said, *holding = await sqlite.count_matches(connection, queries)
        return Found([message_of(row) for row in rows], said, dict(zip(asked, holding, strict=True)))

    return question


def around(viewer: Viewer, message: Message, before: int, after: int) -> Question[Surroundings]:
    """At most `before` and `after` messages around one of the viewer's room, as far as they may read them."""

    async def question(connection: AsyncConnection) -> Surroundings:
        of_id = (messages.c.platform == viewer.room.platform) & (messages.c.id == message.id)
        seq: int | None = (await connection.execute(select(messages.c.seq).where(of_id))).scalar()
        if seq is None:
            return Surroundings((), ())
        seen = living(viewer.room).where(readable(viewer))
        earlier = seen.where(_beside(message), messages.c.seq < seq).order_by(messages.c.seq.desc()).limit(before)
        later: dict[int, Message] = {}
        for near in _following(message, seq):
            some = seen.where(near, messages.c.seq > seq).order_by(messages.c.seq).limit(after)
            later |= {row.seq: message_of(row) for row in await connection.execute(some)}
        told = [message_of(row) for row in await connection.execute(earlier)]
        answered = await connection.execute(select(posts.c.answered_by).where(_of_post(message)))
        return Surroundings(tuple(reversed(told)), tuple(later[one] for one in sorted(later)), answered.scalar() or "")

    return question


def _beside(message: Message) -> ColumnElement[bool]:
    return messages.c.thread_root.is_not_distinct_from(message.thread.root)


def _following(message: Message, seq: int) -> tuple[ColumnElement[bool], ...]:
    replies = (messages.c.reply_to == message.id) & (messages.c.seq <= seq + REPLIES_WITHIN)
    in_its_thread = messages.c.thread_root == message.id
    return (_beside(message), replies, *([] if message.thread.root == message.id else [in_its_thread]))


def _of_post(message: Message) -> ColumnElement[bool]:
    return (posts.c.platform == message.room.platform) & (posts.c.id == message.id)
