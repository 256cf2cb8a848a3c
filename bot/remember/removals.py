"""Places that we were removed from: kept until we are back, or until what is stored of the place is erased."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.columns import EPOCH, MICROSECOND
from bot.remember.reader import Question
from bot.remember.schema import contacts, messages, metadata, reactions
from bot.remember.transaction import Transaction
from bot.types import Mark, Removal, Room

REMOVED_PREFIX = "removed/"  # of the kept values
EVERY_ROOM = ""  # the id of the "room" that stands for a whole community
HAS_PLACE = [table for table in metadata.sorted_tables if {"community", "room_id"} <= {*table.c.keys()}]


def _key(room: Room) -> str:
    return f"{REMOVED_PREFIX}{json.dumps([room.platform, room.community, room.id])}"


def kept_removal(news: Removal) -> Mark:
    """The value that keeps a removal, or removes it once we are back. Who is back in a community is back in its
    rooms, and who is back in a room in its community."""
    if not news.back:
        return {_key(news.room): str((news.at - EPOCH) // MICROSECOND)}
    room = news.room
    return dict.fromkeys((_key(room), _key(Room(room.platform, room.community, EVERY_ROOM))))


def due_removals(values: Mapping[str, str], before: datetime) -> dict[str, Removal]:
    """The removals from before then, by key."""
    found = {}
    for key, value in values.items():
        at = EPOCH + int(value) * MICROSECOND
        if at < before:
            found[key] = Removal(Room(*json.loads(key.removeprefix(REMOVED_PREFIX))), at)
    return found


def is_back(news: Removal) -> Question[bool]:
    """Whether anything was heard in the place since: then we are back, though nobody has told."""
    since = select(messages.c.seq).where(of_place(news.room, messages), messages.c.heard > news.at).limit(1)

    async def question(connection: AsyncConnection) -> bool:
        return (await connection.execute(since)).first() is not None

    return question


def of_place(room: Room, table: Table) -> ColumnElement[bool]:
    here = (table.c.platform == room.platform) & (table.c.community == room.community)
    return here if room.id == EVERY_ROOM else here & (table.c.room_id == room.id)


async def erase_place(tx: Transaction, room: Room, limit: int) -> int:
    """Erases up to `limit` messages of a place and, when none is left, all else that is stored of it. Returns the
    number of messages."""
    query = select(messages.c.seq, messages.c.id).where(of_place(room, messages)).limit(limit)
    rows = (await tx.run(query)).all()
    tx.erased = True
    if rows:
        for row in rows:
            tx.unindex(row.seq)
        ids = [row.id for row in rows]
        await tx.run(delete(reactions).where(reactions.c.platform == room.platform, reactions.c.message_id.in_(ids)))
        await tx.run(delete(messages).where(messages.c.seq.in_([row.seq for row in rows])))
        return len(rows)
    for table in HAS_PLACE:
        await tx.run(delete(table).where(of_place(room, table)))
    if room.id == EVERY_ROOM:
        await tx.run(delete(contacts).where(of_place(room, contacts)))
    return 0
