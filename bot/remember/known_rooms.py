"""The rooms that messages are stored of, by the newest of the names that they had."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.reader import Question
from bot.remember.schema import messages
from bot.remember.transaction import ROOM_KEY
from bot.types import Room


def known_rooms(most: int) -> Question[list[Room]]:
    """At most `most` rooms, those with the newest messages first. Rooms with `join: off` store nothing, so they are not
    among them."""
    newest = select(func.max(messages.c.seq)).group_by(*(messages.c[name] for name in ROOM_KEY))
    query = select(messages).where(messages.c.seq.in_(newest)).order_by(messages.c.seq.desc()).limit(most)

    async def question(connection: AsyncConnection) -> list[Room]:
        rows = await connection.execute(query)
        return [Room(row.platform, row.community, row.room_id, row.room_name, row.community_name) for row in rows]

    return question
