"""Conditions and queries shared by several modules."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from bot.remember.schema import messages
from bot.types import Room, Thread


def of_room(room: Room, table: Table = messages) -> ColumnElement[bool]:
    return (table.c.platform == room.platform) & (table.c.community == room.community) & (table.c.room_id == room.id)


def in_room(room: Room) -> ColumnElement[bool]:
    return of_room(room) & messages.c.deleted.is_(False)


def living(room: Room) -> Select[Any]:
    """The room's messages, without deleted ones."""
    return select(messages).where(in_room(room))


def in_thread(thread: Thread) -> Select[Any]:
    return living(thread.room).where(messages.c.thread_root.is_not_distinct_from(thread.root))
