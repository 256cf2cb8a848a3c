"""Which of our messages go with a deleted question: those that stand alone.

What is to be deleted on a platform is kept with the deletion, so that a restart at any moment loses none of it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.pseudonyms import id_of_turn
from bot.remember.reader import Question
from bot.remember.schema import messages, reactions, turns
from bot.types import Mark, Room, State, Thread

WITHIN = timedelta(hours=1)  # from our answer to the deletion: later, it has been read, and is the room's
OWNER = "cameo"  # of the kept values, beside those of the platforms
WITHDRAWN_PREFIX = "withdraw/"


def standing_alone(room: Room, message_id: str, now: datetime) -> Question[list[tuple[Thread, str]]]:
    """Our answer to the message, in all its parts, if it is at most an hour old, and nobody has answered or reacted."""

    async def question(connection: AsyncConnection) -> list[tuple[Thread, str]]:
        about = turns.c.id == id_of_turn(room.platform, message_id)
        query = select(turns.c.reply_id, turns.c.member).where(about, turns.c.state == State.SENT.value)
        turn = (await connection.execute(query)).first()
        first = await _message(connection, room, turn.reply_id) if turn is not None and turn.reply_id else None
        if turn is None or first is None or not first.author_is_self or first.heard < now - WITHIN:
            return []
        later = await _later(connection, first)
        parts = [first]
        for row in later:
            if not row.author_is_self or row.reply_to is not None:
                break
            parts.append(row)
        ids = [part.id for part in parts]
        if _is_answered(later[len(parts) - 1 :], turn.member) or await _has_response(connection, room.platform, ids):
            return []
        return [(Thread(room, part.thread_root), part.id) for part in parts]

    return question


async def _message(connection: AsyncConnection, room: Room, message_id: str) -> Row[Any] | None:
    known = (messages.c.platform == room.platform) & (messages.c.id == message_id) & messages.c.deleted.is_(False)
    return (await connection.execute(select(messages).where(known))).first()


async def _later(connection: AsyncConnection, first: Row[Any]) -> Sequence[Row[Any]]:
    """What was said in the thread after this message of ours."""
    here = (messages.c.platform == first.platform) & (messages.c.room_id == first.room_id)
    thread = messages.c.thread_root.is_not_distinct_from(first.thread_root)
    later = select(messages).where(here, thread, messages.c.seq > first.seq, messages.c.deleted.is_(False))
    return (await connection.execute(later.order_by(messages.c.seq).limit(200))).all()


def _is_answered(later: Sequence[Row[Any]], asker: str) -> bool:
    """Whether anybody went on after our answer: in a thread anybody, in a timeline the person who had asked."""
    people = [row for row in later if not row.author_is_self]
    return any(row.thread_root is not None or row.author_id == asker for row in people)


async def _has_response(connection: AsyncConnection, platform: str, ids: Sequence[str]) -> bool:
    """Whether somebody replied or reacted to one of our messages, or started a thread on it."""
    to_ours = or_(messages.c.reply_to.in_(ids), messages.c.thread_root.in_(ids))
    said = select(messages.c.id).where(
        messages.c.platform == platform, to_ours, messages.c.author_is_self.is_(False), messages.c.deleted.is_(False)
    )
    shown = select(reactions.c.message_id).where(
        reactions.c.platform == platform, reactions.c.message_id.in_(ids), reactions.c.author_is_self.is_(False)
    )
    return any([(await connection.execute(query.limit(1))).first() is not None for query in (said, shown)])


def kept(found: Sequence[tuple[Thread, str]]) -> Mark:
    """The values that keep what is to be deleted, by key."""
    return {
        f"{WITHDRAWN_PREFIX}{thread.room.platform}/{message_id}": json.dumps(
            [thread.room.community, thread.room.id, thread.root]
        )
        for thread, message_id in found
    }


def pending(values: Mapping[str, str]) -> dict[str, tuple[Thread, str]]:
    """What is to be deleted, by key, from the kept values."""
    found = {}
    for key, value in values.items():
        platform, _, message_id = key.removeprefix(WITHDRAWN_PREFIX).partition("/")
        community, room_id, root = json.loads(value)
        found[key] = Thread(Room(platform, community, room_id), root), message_id
    return found
