"""The commands that people have used: kept with the mark under which they were heard, until they are answered, and then
as a trail of who has done what.

A command is NEW, then DONE (carried out; its answer is stored in the same commit), then ANSWERED. A command that only
reads has no DONE: after a restart it is read again. Once it is answered, its words and its answer are gone, and, unless
it needed a manager's power, so is who had asked. The rest stays, so that a command that is heard again is known.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Executable, Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import sqlite
from bot.remember.filters import living
from bot.remember.reader import Question
from bot.remember.rows import place_values
from bot.remember.schema import asked, messages
from bot.remember.transaction import Transaction
from bot.types import Answer, Asked, Author, Power, Room, Thread

NEW, DONE, ANSWERED = "new", "done", "answered"
OPEN_NOW = text("state != 'answered'")  # as in the index
CLEARED: Mapping[str, Any] = {"author_name": "", "options": (), "text": "", "answer": "", "message_id": None}
LAST_WORDS = 3
NOBODY: Mapping[str, Any] = {"author_id": "", "thread_root": None}


class PendingCommand(NamedTuple):
    """A command that is not answered yet; `answer` is what is left to say once it is carried out."""

    seq: int
    asked: Asked
    answer: Answer | None


def recorded(event: Asked) -> Executable:
    """Keeps a command; one that is known stays as it is."""
    values = place_values(event.room) | {
        "via": event.via or event.room.platform,
        "id": event.id,
        "thread_root": event.thread.root,
        "author_id": event.author.id,
        "author_name": event.author.name,
        "path": event.path,
        "options": tuple(chain.from_iterable(event.options)),
        "text": event.text,
        "power": event.power.value,
        "community_power": event.community_power.value,
        "locale": event.locale,
        "message_id": event.message_id,
        "direct": event.direct,
        "at": event.at,
        "heard": event.heard,
        "state": NEW,
        "outcome": "",
        "answer": "",
        "private": True,
    }
    return sqlite.insert(asked).values(values).on_conflict_do_nothing()


def unanswered(most: int, after: int = 0) -> Question[list[PendingCommand]]:
    """The oldest commands after row `after` that are not answered."""
    query = select(asked).where(OPEN_NOW, asked.c.seq > after).order_by(asked.c.seq).limit(most)

    async def question(connection: AsyncConnection) -> list[PendingCommand]:
        return [_pending(row) for row in await connection.execute(query)]

    return question


async def carried_out(tx: Transaction, seq: int, command: str, answer: Answer) -> None:
    """Keeps that the command was carried out, under its name, and its answer, which has no file."""
    values = {"state": DONE, "path": command.split(), "outcome": DONE, "answer": answer.text, "private": answer.private}
    await tx.run(update(asked).where(asked.c.seq == seq).values(values))


async def answered(tx: Transaction, seq: int, command: str, outcome: str, *, names_asker: bool) -> None:
    """Keeps that the asker has got the answer, or never can; `command` is the name of the command that was read.
    `names_asker`: the trail says who it was."""
    values = {"state": ANSWERED, "path": command.split(), **CLEARED, **({} if names_asker else NOBODY)}
    await tx.run(update(asked).where(asked.c.seq == seq).values(values | ({"outcome": outcome} if outcome else {})))
    tx.erased = True


def outdated_commands(before: datetime) -> Executable:
    """Removes commands that were heard before then, answered or not."""
    return delete(asked).where(asked.c.heard < before)


def last_words(room: Room, member: str) -> Question[list[str]]:
    """A member's newest messages in a room, which show their language."""
    theirs = living(room).where(messages.c.author_id == member)
    query = theirs.order_by(messages.c.seq.desc()).limit(LAST_WORDS)

    async def question(connection: AsyncConnection) -> list[str]:
        return [row.text for row in await connection.execute(query)]

    return question


def _pending(row: Row[Any]) -> PendingCommand:
    room = Room(row.platform, row.community, row.room_id, row.room_name, row.community_name)
    event = Asked(
        id=row.id,
        thread=Thread(room, row.thread_root),
        author=Author(row.author_id, row.author_name),
        at=row.at,
        heard=row.heard,
        path=row.path,
        options=tuple(zip(row.options[::2], row.options[1::2], strict=True)),
        text=row.text,
        power=Power(row.power),
        community_power=Power(row.community_power),
        locale=row.locale,
        message_id=row.message_id,
        direct=row.direct,
        via="" if row.via == row.platform else row.via,
    )
    return PendingCommand(row.seq, event, Answer(row.answer, row.private) if row.state == DONE else None)
