"""What members thought of something that Cameo wrote."""

from datetime import datetime

from sqlalchemy import Executable, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import sqlite
from bot.remember.filters import of_room
from bot.remember.reader import Question
from bot.remember.rows import place_values
from bot.remember.schema import feedback
from bot.types import Room, record


@record
class Feedback:
    """One member's verdict about one turn; a later one replaces it."""

    room: Room
    turn_id: str
    member: str
    verdict: str
    text: str
    at: datetime


def kept_feedback(one: Feedback) -> Executable:
    own = {"turn_id": one.turn_id, "member": one.member, "verdict": one.verdict, "text": one.text, "at": one.at}
    put = sqlite.insert(feedback).values(place_values(one.room) | own)
    return put.on_conflict_do_update(
        index_elements=["platform", "turn_id", "member"],
        set_={key: put.excluded[key] for key in ("verdict", "text", "at")},
    )


def members_who_said(room: Room, verdict: str, since: datetime) -> Question[int]:
    """How many members have given this verdict in a room since then."""
    here = of_room(room, feedback) & (feedback.c.verdict == verdict) & (feedback.c.at >= since)
    query = select(func.count(feedback.c.member.distinct())).where(here)

    async def question(connection: AsyncConnection) -> int:
        return int((await connection.execute(query)).scalar_one())

    return question


def outdated_feedback(before: datetime) -> Executable:
    return delete(feedback).where(feedback.c.at < before)
