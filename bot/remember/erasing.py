"""Erases a person: everything that the tables hold about them, their words and names in ours, and quotations of them,
in one transaction. What others said in their own words stays."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Row, delete, select, text, update

from bot.decide.pseudonyms import id_of_turn, without_person
from bot.parts import REPEATING, Part
from bot.remember.forgetting import replace_parts
from bot.remember.person import (
    Person,
    author_of,
    chooser_in,
    commands_of,
    feedback_of,
    known_as,
    mentions_of,
    rooms_of,
    stays_of,
)
from bot.remember.redact import Spoken, quotes, redacted
from bot.remember.rows import turn_of, turn_values
from bot.remember.schema import (
    asked,
    choice_changes,
    choices,
    feedback,
    messages,
    posts,
    reactions,
    stays,
    thanks,
    turns,
)
from bot.remember.transaction import FORGET, Transaction
from bot.types import SOMEBODY, PartKind, Room, Turn

IDS_AT_ONCE = 500  # in one statement; SQLite has a limit on variables


async def erase(tx: Transaction, person: Person) -> Person:
    """Erases the person. Returns them with all names that were known of them. In all, about 1 ms for a message of
    theirs and for each of ours in their rooms."""
    person = await tx.ask(lambda connection: known_as(connection, person))
    rooms = await tx.ask(lambda connection: rooms_of(connection, person))
    said = (await tx.run(select(messages).where(author_of(messages)(person), messages.c.deleted.is_(False)))).all()
    tx.erased = True
    await _erase_turns(tx, person, [row.id for row in said])
    for room in rooms:
        here = [row for row in said if row.community == room.community and row.room_id == room.id]
        await _erase_own_words(tx, room, person, here)
    await erase_quotations(tx, person, said)
    await _erase_messages(tx, person, said)
    await _erase_traces(tx, person)
    return person


async def _erase_messages(tx: Transaction, person: Person, said: Sequence[Row[Any]]) -> None:
    for row in said:
        tx.unindex(row.seq)
    for ids in in_slices([row.id for row in said]):
        answered = (reactions.c.platform == person.platform, reactions.c.message_id.in_(ids))
        learnt = (posts.c.platform == person.platform, posts.c.id.in_(ids))
        thanked = (thanks.c.platform == person.platform, thanks.c.message_id.in_(ids))
        pointed = (turns.c.platform == person.platform, turns.c.points_at.in_(ids))
        await tx.run(delete(reactions).where(*answered))
        await tx.run(delete(posts).where(*learnt))
        await tx.run(delete(thanks).where(*thanked))
        await tx.run(update(turns).where(*pointed).values(points_at=""))
    await tx.run(FORGET.where(author_of(messages)(person)))


async def _erase_traces(tx: Transaction, person: Person) -> None:
    """What they left beside their messages. A stay loses its member only: who else may read what depends on it."""
    await tx.run(delete(reactions).where(author_of(reactions)(person)))
    await tx.run(delete(feedback).where(feedback_of(person)))
    await tx.run(delete(asked).where(commands_of(person)))  # the one that wants this is not answered, and clears itself
    await tx.run(delete(posts).where(posts.c.platform == person.platform, posts.c.author == person.id))
    await tx.run(update(stays).where(await tx.ask(lambda connection: stays_of(connection, person))).values(member=""))
    for table in (choices, choice_changes):
        await tx.run(update(table).where(chooser_in(table)(person)).values(by=""))
    for row in (await tx.run(select(messages.c.seq, messages.c.mentions).where(mentions_of(person)))).all():
        left = tuple(SOMEBODY if one == person.id else one for one in row.mentions)
        await tx.run(update(messages).where(messages.c.seq == row.seq).values(mentions=left))


# --- turns ---------------------------------------------------------------------------------------


async def _erase_turns(tx: Transaction, person: Person, ids: Sequence[str]) -> None:
    """Takes person, message, text and facts out of the turns about them. A one-way mark stays for an hourly limit, for
    a day at most; the message keeps whether it called us."""
    theirs = [*(await tx.run(select(turns).where(turns.c.platform == person.platform, turns.c.member == person.id)))]
    for some in in_slices([id_of_turn(person.platform, one) for one in ids]):
        theirs += (await tx.run(select(turns).where(turns.c.id.in_(some), turns.c.member != person.id))).all()
    called = [row.trigger for row in theirs if row.addressed]
    for some in in_slices(called):
        of_calls = (messages.c.platform == person.platform, messages.c.id.in_(some))
        await tx.run(update(messages).where(*of_calls).values(addressed=True))
    for row in theirs:
        await tx.run(update(turns).where(turns.c.seq == row.seq).values(turn_values(without_person(turn_of(row)))))


# --- our own words -------------------------------------------------------------------------------


async def _erase_own_words(tx: Transaction, room: Room, person: Person, said: Sequence[Row[Any]]) -> None:
    """Empties our answers to them in a room, and takes their words and names out of all else that we said there."""
    spoken = spoken_by(said)
    left_over = partial(redacted, removed=spoken, names=person.names, ids=(person.id,))
    answered, ours = {row.id for row in said}, messages.c.platform == room.platform
    query = select(messages).where(ours, messages.c.room_id == room.id, text("author_is_self"))
    replies: dict[str | None, bool] = {}  # by thread: was our last message there an answer to them, or a part of one?
    for row in (await tx.run(query.order_by(messages.c.seq))).all():
        is_part = row.reply_to is None and replies.get(row.thread_root, False)
        is_answer = replies[row.thread_root] = row.reply_to in answered or is_part
        left = "" if is_answer else left_over(row.text)
        if left != row.text:
            await tx.replace_text(row.seq, room, left)
    said_in_turns = (turns.c.platform == room.platform, turns.c.room_id == room.id, text("text != ''"))
    for row in (await tx.run(select(turns).where(*said_in_turns))).all():
        await _erase_from_turn(tx, turn_of(row), row.seq, left_over(row.text))


async def _erase_from_turn(tx: Transaction, turn: Turn, seq: int, left: str) -> None:
    """A draft is written again; what is being sent can't be changed any more, and is kept no longer."""
    if left != turn.text:
        new = replace(turn, text="" if turn.state.is_open else left)
        await tx.run(update(turns).where(turns.c.seq == seq).values(turn_values(new)))


def spoken_by(said: Sequence[Row[Any]]) -> Spoken:
    """All words of these messages, prepared to find them in texts of ours."""
    return Spoken("\n".join(_all_words(row)) for row in said)


def _all_words(row: Row[Any]) -> list[str]:
    return [row.text, *(word for part in row.parts for word in (part.text, part.name))]


# --- quotations ----------------------------------------------------------------------------------


async def erase_quotations(tx: Transaction, person: Person, said: Sequence[Row[Any]]) -> None:
    """Removes the quotations of the person from the messages of others."""
    answered, spoken = {row.id for row in said}, Spoken(row.text for row in said)
    names = frozenset(person.names)
    quoting = select(messages).where(messages.c.platform == person.platform, text("quotes"))
    for row in (await tx.run(quoting)).all():
        left = [part for part in row.parts if not _repeats(part, spoken, names, row.reply_to in answered)]
        if len(left) < len(row.parts):
            await replace_parts(tx, row, left)


def _repeats(part: Part, spoken: Spoken, names: frozenset[str], answers: bool) -> bool:
    if part.kind not in REPEATING:
        return False
    return (answers and part.kind is PartKind.QUOTE) or part.name in names or quotes(part.text, spoken)


def in_slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), IDS_AT_ONCE):
        yield ids[first : first + IDS_AT_ONCE]
