"""What is kept of a thread or room that was deleted as a whole, and which of its messages are still stored.

The deletion is kept until its last message is deleted, so that a restart at any moment loses none of it.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Select, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.columns import EPOCH, MICROSECOND
from bot.remember.filters import in_room, of_room
from bot.remember.reader import Question
from bot.remember.schema import messages, posts
from bot.types import Deletion, Mark, Room, ThreadDeletion

DELETED_PREFIX = "deleted/"  # of the kept values
MOST_AT_ONCE = 20  # messages per commit, for which all others wait: 0.2 s

Left = list[tuple[int, Deletion]]
"""Deletions of what is still stored, the newest first, each with its row number."""

Remaining = Callable[[int | None], Question[Left]]
"""Asks for the newest MOST_AT_ONCE before a row number (None: of all)."""


def kept_deletion(gone: ThreadDeletion) -> Mark:
    """The value that keeps the deletion, by key."""
    at = (gone.at - EPOCH) // MICROSECOND
    room = gone.room
    value = json.dumps([room.community, room.id, gone.root, at, room.name, room.community_name])
    return {f"{DELETED_PREFIX}{room.platform}/{gone.root or room.id}": value}


def pending_deletions(values: Mapping[str, str]) -> dict[str, ThreadDeletion]:
    """The kept deletions, by key."""
    found = {}
    for key, value in values.items():
        platform = key.removeprefix(DELETED_PREFIX).partition("/")[0]
        community, room_id, root, at, *names = json.loads(value)
        found[key] = ThreadDeletion(Room(platform, community, room_id, *names), root, EPOCH + at * MICROSECOND)
    return found


def left_in(gone: ThreadDeletion) -> list[Remaining]:
    """What is to be asked, in order, for all that is left of a thread or room: its messages, and what was learnt from
    older ones. A thread that could not be fetched is stored as a room."""
    room, root = gone.room, gone.root
    said, learnt = _messages(room), _posts(room)
    if root is None:
        return [partial(_deletions, gone, query) for query in (said, learnt)]
    as_room = _messages(Room(room.platform, room.community, root))
    inside = (said.where(messages.c.thread_root == root), as_room, learnt.where(posts.c.root == root))
    return [partial(_deletions, gone, query) for query in inside]


def _messages(room: Room) -> Select[Any]:
    names = (messages.c.room_id, messages.c.room_name, messages.c.community_name)
    return select(messages.c.seq, messages.c.id, *names).where(in_room(room)).order_by(messages.c.seq.desc())


def _posts(room: Room) -> Select[Any]:
    names = (
        posts.c.room_id,
        literal(room.name).label("room_name"),
        literal(room.community_name).label("community_name"),
    )
    return select(posts.c.seq, posts.c.id, *names).where(of_room(room, posts)).order_by(posts.c.seq.desc())


def _deletions(gone: ThreadDeletion, query: Select[Any], before: int | None) -> Question[Left]:
    if before is not None:
        query = query.where(query.selected_columns.seq < before)
    platform, community = gone.room.platform, gone.room.community

    async def question(connection: AsyncConnection) -> Left:
        rows = (await connection.execute(query.limit(MOST_AT_ONCE))).all()
        rooms = [Room(platform, community, row.room_id, row.room_name, row.community_name) for row in rows]
        return [(row.seq, Deletion(room, row.id, gone.at)) for row, room in zip(rows, rooms, strict=True)]

    return question
