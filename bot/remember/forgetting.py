"""What a deleted or edited message takes with it: its turn's person and words, and its words where others repeat them.

A platform's event may only change messages of its own room.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import ColumnElement, CursorResult, Executable, Row, delete, or_, select, text, update

from bot.decide.budget import REPLY_WINDOW
from bot.decide.pseudonyms import id_of_turn, loosened, without_person
from bot.decide.reasons import Reason
from bot.decide.spent import REPLY_LIMITS
from bot.parts import REPEATING, replaced, searchable
from bot.remember.redact import quotes, redacted
from bot.remember.rows import repeats_others, turn_of, turn_values
from bot.remember.schema import HAS_MEMBER, POINTS, messages, thanks, turns
from bot.types import NewParts, Part, PartKind, Room, State

ANSWERS = (Reason.ADDRESSED.value, Reason.CONTINUED.value)
LIMIT_LINES = tuple(reason.value for reason in REPLY_LIMITS)
WRITTEN_WITHIN = timedelta(days=1)  # from hearing a message to answering it: a post waits for a day at most


class Changes(Protocol):
    """What is needed of a transaction. `erased`: old bytes must be overwritten."""

    erased: bool

    async def run(self, statement: Executable) -> CursorResult[Any]: ...

    async def replace_text(self, seq: int, room: Room, new: str, parts: Sequence[Part] = ()) -> None: ...

    def reindex(self, seq: int, room: Room, text: str, parts: Sequence[Part]) -> None: ...


Words = Row[Any]
"""A row of `messages` before it was changed: whose words are to go, and where they were said."""


def owned(room: Room, message_id: str) -> ColumnElement[bool]:
    """A message that an event from `room` may change. A Discord thread that can't be fetched counts as a room."""
    in_room = or_(messages.c.room_id == room.id, messages.c.thread_root == room.id)
    return (messages.c.platform == room.platform) & (messages.c.id == message_id) & in_room


async def forget_deleted(tx: Changes, gone: Words) -> None:
    """Takes what belongs to a message that was just deleted out of turns, our own words and quotations."""
    await _forget_turn(tx, gone, is_deleted=True)
    await _forget_own_words(tx, gone, None)
    await forget_quotations(tx, gone.platform, gone.id, _said(gone))
    await forget_pointers(tx, gone)


async def forget_pointers(tx: Changes, gone: Words) -> None:
    """Forgets who pointed at a deleted message, and that it was thanked for."""
    pointing = (turns.c.platform == gone.platform, turns.c.room_id == gone.room_id, turns.c.points_at == gone.id)
    await tx.run(update(turns).where(POINTS, *pointing).values(points_at=""))
    await tx.run(delete(thanks).where(thanks.c.platform == gone.platform, thanks.c.message_id == gone.id))


async def forget_edited(tx: Changes, before: Words, now: str) -> None:
    """The same for what an edit has removed from a message."""
    await _forget_turn(tx, before, is_deleted=False)
    await _forget_own_words(tx, before, _said(before, now))
    await forget_quotations(tx, before.platform, before.id, before.text, now)


async def carry(tx: Changes, news: NewParts) -> bool:
    """Changes what a message carries, and forgets what the old parts led to. True if the message is known in that room,
    not deleted, and carries something else now."""
    known = select(messages).where(owned(news.room, news.message_id), messages.c.deleted.is_(False))
    before = (await tx.run(known)).one_or_none()
    if before is None or (new := replaced(before.parts, news.kinds, news.parts)) == before.parts:
        return False
    await replace_parts(tx, before, new)
    still = _words(before.text, new)
    await _forget_own_words(tx, before, still)
    await forget_quotations(tx, before.platform, before.id, _said(before), still)
    return True


async def _forget_turn(tx: Changes, gone: Words, *, is_deleted: bool) -> None:
    """A turn that goes on with the new text keeps its person; the message keeps whether it called us."""
    about = turns.c.id == id_of_turn(gone.platform, gone.id)
    by_trigger = (turns.c.platform == gone.platform) & (turns.c.trigger == gone.id)
    row = (await tx.run(select(turns).where(or_(about, by_trigger)))).first()
    if row is None:
        return
    turn = turn_of(row)
    if is_deleted or not turn.state.is_open:
        left = without_person(turn)
    else:
        left = loosened(turn) if turn.state is State.SENDING else turn  # else the floor decides
    await tx.run(update(turns).where(turns.c.seq == row.seq).values(turn_values(left)))
    if turn.addressed:
        await tx.run(update(messages).where(messages.c.seq == gone.seq).values(addressed=True))


# --- our own words -------------------------------------------------------------------------------


async def _forget_own_words(tx: Changes, gone: Words, still: str | None) -> None:
    """Takes quotations and the author's name out of what we said in the room since. `still` is what an edited message
    says now; our replies to a deleted one (None) lose their whole text."""
    names, ids = ((), ()) if gone.author_is_self else ((gone.author_name,), (gone.author_id,))
    left_over = partial(redacted, removed=_said(gone), names=names, still=still or "", ids=ids)
    replies = {gone.thread_root: False}  # by thread: was our last message there one of these replies, or a part of one?
    for row in await _own_rows(tx, gone):
        is_part = row.reply_to is None and replies.get(row.thread_root, False)
        is_reply = replies[row.thread_root] = still is None and (row.reply_to == gone.id or is_part)
        left = "" if is_reply else left_over(row.text)
        if left != row.text:
            await tx.replace_text(row.seq, Room(row.platform, row.community, row.room_id), left)
    for row in await _own_turns(tx, gone):
        if (left := left_over(row.text)) != row.text:
            await tx.run(update(turns).where(turns.c.seq == row.seq).values(text=left))


async def _own_rows(tx: Changes, gone: Words) -> Sequence[Row[Any]]:
    ours = select(messages).where(
        messages.c.platform == gone.platform,
        messages.c.room_id == gone.room_id,
        text("author_is_self"),  # as in the index
        messages.c.seq > gone.seq,
    )
    return (await tx.run(ours.order_by(messages.c.seq))).all()


async def _own_turns(tx: Changes, gone: Words) -> Sequence[Row[Any]]:
    said = select(turns.c.seq, turns.c.text).where(
        turns.c.platform == gone.platform,
        turns.c.room_id == gone.room_id,
        text("text != ''"),  # as in the index
        turns.c.at >= gone.heard - WRITTEN_WITHIN,
        turns.c.state != State.SENDING.value,  # being said: what is stored must be what is sent
    )
    return (await tx.run(said)).all()


# --- quotations in other messages ----------------------------------------------------------------


async def forget_quotations(tx: Changes, platform: str, message_id: str, gone: str, still: str | None = None) -> None:
    """Removes the quotations of a message from the parts of others: by its words and, if it was deleted (`still` is
    None), by the message that they answer."""
    rows = await tx.run(select(messages).where(messages.c.platform == platform, text("quotes")))
    for row in rows.all():
        answers = row.reply_to == message_id and still is None
        left = [part for part in row.parts if not (_is_quote(part, answers) or _quotes(part, gone, still or ""))]
        if len(left) < len(row.parts):
            await replace_parts(tx, row, left)


async def replace_parts(tx: Changes, row: Words, new: Sequence[Part]) -> None:
    """Replaces the parts of the message in `row`, in the full-text index too."""
    tx.erased = True
    values = {"parts": new, "quotes": repeats_others(new)}
    await tx.run(update(messages).where(messages.c.seq == row.seq).values(values))
    tx.reindex(row.seq, Room(row.platform, row.community, row.room_id), row.text, new)


def _is_quote(part: Part, answers: bool) -> bool:
    """Whether the part repeats the message that its message answers."""
    return answers and part.kind is PartKind.QUOTE


def _quotes(part: Part, gone: str, still: str) -> bool:
    return part.kind in REPEATING and quotes(part.text, gone, still)


def _said(row: Words, text: str | None = None) -> str:
    """Everything that the message said: its text (or another one), and the texts and names of its parts."""
    return _words(row.text if text is None else text, row.parts)


def _words(said: str, parts: Sequence[Part]) -> str:
    return "\n".join([said, *searchable(parts)])


# --- careful answers -----------------------------------------------------------------------------


async def forget_careful(tx: Changes, before: datetime, limit: int) -> int:
    """Removes person, trigger and text from up to `limit` replies that no model wrote and that were decided before
    then, and the link from our message to its trigger. Returns their number. Careful texts are told from other answers
    by the missing model alone, because nothing labels them. One in place of a limit's line looks like that line, so the
    lines go too, an hour later: by then the limit has forgotten them."""
    careful = (
        select(turns.c.seq, turns.c.platform, turns.c.reply_id)
        .where(HAS_MEMBER, turns.c.at < before, turns.c.state == State.SENT.value)
        .where(or_(turns.c.reason.in_(ANSWERS), turns.c.reason.in_(LIMIT_LINES) & (turns.c.at < before - REPLY_WINDOW)))
        .where(turns.c.model == "", turns.c.error == "", turns.c.text != "")
    )
    rows = (await tx.run(careful.limit(limit))).all()
    for row in rows:
        gone = {"member": "", "trigger": turns.c.id, "text": "", "reply_id": None}
        await tx.run(update(turns).where(turns.c.seq == row.seq).values(gone))
        ours = (messages.c.platform == row.platform) & (messages.c.id == row.reply_id)
        await tx.run(update(messages).where(ours).values(reply_to=None))
        tx.erased = True
    return len(rows)
