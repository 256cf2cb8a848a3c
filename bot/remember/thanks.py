"""Who was pointed at lately, and which of their messages Cameo thanks with an emoji: once for each message."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Delete, Executable, Insert, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.thanks import Pointing
from bot.remember import sqlite
from bot.remember.reader import Question
from bot.remember.rows import place_values
from bot.remember.schema import POINTS, messages, thanks, turns
from bot.types import Author, Room, State

POINTINGS = 50  # of a room in a day; more replies are no help


class Owed(NamedTuple):
    """A message that is to be thanked for, since then."""

    room: Room
    message_id: str
    since: datetime


def pointings(room: Room, since: datetime) -> Question[list[Pointing]]:
    """Our replies in the room that have pointed at a message since then and that still do, newest first."""
    of_message = and_(messages.c.platform == turns.c.platform, messages.c.id == turns.c.points_at)
    query = (
        select(turns.c.reply_id, turns.c.points_at, turns.c.member, turns.c.thread_root, turns.c.tried, *_AUTHOR)
        .join(messages, of_message)
        .where(POINTS, turns.c.platform == room.platform, turns.c.room_id == room.id, turns.c.tried >= since)
        .where(turns.c.state == State.SENT.value, messages.c.deleted.is_(False), messages.c.author_is_self.is_(False))
        .order_by(turns.c.tried.desc())
        .limit(POINTINGS)
    )

    async def question(connection: AsyncConnection) -> list[Pointing]:
        return [
            Pointing(
                row.reply_id or "",
                row.points_at,
                Author(row.author_id, row.author_name),
                row.member,
                row.thread_root,
                row.tried,
            )
            for row in await connection.execute(query)
        ]

    return question


_AUTHOR = (messages.c.author_id, messages.c.author_name)


def owing(room: Room, message_id: str, since: datetime) -> Insert:
    """Adds a message to those that are to be thanked for, unless it is known there."""
    values = {name: value for name, value in place_values(room).items() if name != "platform"}
    added = sqlite.insert(thanks).values(platform=room.platform, message_id=message_id, since=since, emoji="", **values)
    return added.on_conflict_do_nothing()


def owed(limit: int) -> Question[list[Owed]]:
    """The messages that are to be thanked for, the oldest first."""
    query = select(thanks).where(thanks.c.emoji == "").order_by(thanks.c.since).limit(limit)

    async def question(connection: AsyncConnection) -> list[Owed]:
        return [
            Owed(
                Room(row.platform, row.community, row.room_id, row.room_name, row.community_name),
                row.message_id,
                row.since,
            )
            for row in await connection.execute(query)
        ]

    return question


def settled(one: Owed, emoji: str) -> Executable:
    """Records the emoji that a message got; with none, that it is not owed one."""
    this = (thanks.c.platform == one.room.platform, thanks.c.message_id == one.message_id)
    return update(thanks).where(*this).values(emoji=emoji) if emoji else delete(thanks).where(*this)


def outdated(before: datetime) -> Delete:
    """Removes those from before then: the messages themselves are older."""
    return delete(thanks).where(thanks.c.since < before)


def thanked_with(platform: str, message_id: str) -> Question[str]:
    """The emoji that Cameo has thanked for a message with; "" if it has not."""
    query = select(thanks.c.emoji).where(thanks.c.platform == platform, thanks.c.message_id == message_id)

    async def question(connection: AsyncConnection) -> str:
        return (await connection.execute(query)).scalar() or ""

    return question
