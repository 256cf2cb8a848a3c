"""Which messages are known to be deleted."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.reader import Question
from bot.remember.schema import messages


def known_deleted(platform: str, ids: Collection[str]) -> Question[set[str]]:
    """Those of the ids that belong to a deleted message of the platform."""
    wanted = (messages.c.platform == platform) & messages.c.id.in_(ids)
    query = select(messages.c.id).where(wanted, messages.c.deleted)

    async def question(connection: AsyncConnection) -> set[str]:
        return {row.id for row in await connection.execute(query)}

    return question
