"""Hides what was stored of a person before they opted out: nothing of it is recalled, shown to a model or pointed at.
It stays stored until it is old or they have it erased."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, delete, select, text, update

from bot.remember.erasing import erase_quotations, in_slices, spoken_by
from bot.remember.person import Person, author_of, known_as, rooms_of
from bot.remember.redact import redacted
from bot.remember.schema import messages, thanks, turns
from bot.remember.transaction import OPEN, Transaction
from bot.types import Audience, Room

FOR_NOBODY = {"audience": Audience.NOBODY.value}


async def hide(tx: Transaction, person: Person) -> None:
    """Hides their messages, our answers to them and what we said that repeats or names them; takes away quotations of
    them, and drafts that repeat them. Doing it again is harmless."""
    person = await tx.ask(lambda connection: known_as(connection, person))
    rooms = await tx.ask(lambda connection: rooms_of(connection, person))
    theirs = author_of(messages)(person) & messages.c.deleted.is_(False)
    said = (await tx.run(select(messages).where(theirs))).all()
    await tx.run(update(messages).where(theirs).values(FOR_NOBODY))
    for room in rooms:
        await _hide_own_words(tx, room, person, [row for row in said if row.room_id == room.id])
    await erase_quotations(tx, person, said)
    for ids in in_slices([row.id for row in said]):
        pointed = (turns.c.platform == person.platform, turns.c.points_at.in_(ids))
        await tx.run(update(turns).where(*pointed).values(points_at=""))
        await tx.run(delete(thanks).where(thanks.c.platform == person.platform, thanks.c.message_id.in_(ids)))


async def _hide_own_words(tx: Transaction, room: Room, person: Person, said: Sequence[Row[Any]]) -> None:
    left_over = partial(redacted, removed=spoken_by(said), names=person.names, ids=(person.id,))
    answered = {row.id for row in said}
    ours = (messages.c.platform == room.platform, messages.c.room_id == room.id, text("author_is_self"))
    replies: dict[str | None, bool] = {}
    for row in (await tx.run(select(messages).where(*ours).order_by(messages.c.seq))).all():
        is_part = row.reply_to is None and replies.get(row.thread_root, False)
        is_answer = replies[row.thread_root] = row.reply_to in answered or is_part
        if is_answer or left_over(row.text) != row.text:
            await tx.run(update(messages).where(messages.c.seq == row.seq).values(FOR_NOBODY))
    here = (turns.c.platform == room.platform, turns.c.room_id == room.id)
    drafts = select(turns.c.seq, turns.c.text).where(*here, text("text != ''"), turns.c.state.in_(OPEN))
    for draft in (await tx.run(drafts)).all():
        if left_over(draft.text) != draft.text:
            await tx.run(update(turns).where(turns.c.seq == draft.seq).values(text=""))
