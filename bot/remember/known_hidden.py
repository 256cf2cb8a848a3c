"""Which messages are known, and whether they are shown."""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.reader import Question
from bot.remember.schema import messages
from bot.types import SOMEBODY, Audience


class Shown(StrEnum):
    SHOWN = "shown"
    HIDDEN = "hidden"  # its author has opted out since
    SOMEBODYS = "somebody's"  # of somebody who had opted out before
    DELETED = "deleted"


def known_with(ids: Collection[tuple[str, str]]) -> Question[dict[tuple[str, str], Shown]]:
    """What is known of the messages with these ids (platform and id); nothing about the others."""
    wanted = tuple_(messages.c.platform, messages.c.id).in_(list(ids))
    columns = (messages.c.platform, messages.c.id, messages.c.audience, messages.c.deleted, messages.c.author_id)
    query = select(*columns, messages.c.author_is_self).where(wanted)

    async def question(connection: AsyncConnection) -> dict[tuple[str, str], Shown]:
        rows = await connection.execute(query) if ids else ()
        return {
            (row.platform, row.id): _shown(row.audience, row.author_id, row.author_is_self, deleted=row.deleted)
            for row in rows
        }

    return question


def _shown(audience: str, author_id: str, is_self: bool, *, deleted: bool) -> Shown:
    if author_id == SOMEBODY:
        return Shown.SOMEBODYS
    if deleted:
        return Shown.DELETED
    return Shown.HIDDEN if audience == Audience.NOBODY and not is_self else Shown.SHOWN
