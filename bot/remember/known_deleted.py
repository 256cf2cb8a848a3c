"""Which messages are known to be deleted, or hidden."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.reader import Question
from bot.remember.schema import messages
from bot.types import Audience


def known_deleted(platform: str, ids: Collection[str]) -> Question[set[str]]:
    """Those of the ids that belong to a deleted or hidden message of the platform."""
    wanted = (messages.c.platform == platform) & messages.c.id.in_(ids)
    query = select(messages.c.id).where(wanted, messages.c.deleted | (messages.c.audience == Audience.NOBODY.value))

    async def question(connection: AsyncConnection) -> set[str]:
        return {row.id for row in await connection.execute(query)}

    return question
