"""The changes that a work can make to the store. They take effect when its transaction commits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    CursorResult,
    Executable,
    Row,
    Select,
    Table,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.message_facts import said_at
from bot.decide.posts import Post
from bot.decide.times import HOUR
from bot.parts import searchable
from bot.remember import fulltext, sqlite, stays
from bot.remember.columns import storable
from bot.remember.forgetting import forget_deleted, forget_edited, forget_quotations, owned
from bot.remember.reader import Question
from bot.remember.rows import (
    Values,
    anonymous,
    erased,
    message_values,
    never_heard,
    post_values,
    reaction_values,
    turn_values,
)
from bot.remember.schema import HAS_AUTHOR, HAS_MEMBER, adapter_state, hours, messages, posts, reactions, turns
from bot.remember.visibility import WIDER
from bot.types import Audience, Deletion, Edit, Mark, Membership, Message, Part, Reaction, Room, State, Turn

T = TypeVar("T")

RoomKey = tuple[str, str, str]
"""Platform, community and id of a room: the columns of `ROOM_KEY`."""

ROOM_KEY = ("platform", "community", "room_id")
OPEN = tuple(state.value for state in State if state.is_open)

_message = sqlite.insert(messages)
# A known id is left as it is; but an event from another room must not keep a message out by deleting it beforehand.
ADD = _message.on_conflict_do_update(
    index_elements=["platform", "id"],
    set_={column.name: column for column in _message.excluded if column.name not in ("seq", "platform", "id")},
    where=messages.c.deleted & messages.c.unheard & (messages.c.room_id != _message.excluded.room_id),
).returning(messages.c.seq, messages.c.platform, messages.c.id)
BURY = sqlite.insert(messages).on_conflict_do_nothing()
REACT = sqlite.insert(reactions).on_conflict_do_nothing()
_turn = sqlite.insert(turns)
PUT_TURNS = _turn.on_conflict_do_update(
    index_elements=["id"],
    set_={column.name: column for column in _turn.excluded if column.name not in ("seq", "id")},
)
_post = sqlite.insert(posts)
PUT_POSTS = _post.on_conflict_do_update(
    index_elements=["platform", "id"],
    set_={key: _post.excluded[key] for key in ("waited", "answered_by", "is_sure")},
)
_hours = {column.name: bindparam(column.name, type_=column.type) for column in hours.columns}
_later = exists().where(
    *(hours.c[key] == _hours[key] for key in ("platform", "community", "room_id")), hours.c.hour > _hours["hour"]
)
_hour = sqlite.insert(hours).from_select(list(_hours), select(*_hours.values()).where(~_later))
COUNT = _hour.on_conflict_do_update(
    index_elements=["platform", "community", "room_id", "hour"], set_={"said": hours.c.said + _hour.excluded.said}
)
FORGET = update(messages).values(
    erased()
    | {key: case((messages.c.author_is_self, messages.c[key]), else_=value) for key, value in anonymous().items()}
)
_state = sqlite.insert(adapter_state)
PUT_STATE = _state.on_conflict_do_update(index_elements=["platform", "key"], set_={"value": _state.excluded["value"]})


class Transaction:
    """One work's access to the store, valid only inside the work. Await nothing else there, since all others wait.

    The full-text index is written once per transaction; until then, its changes are collected here.
    """

    def __init__(self, connection: AsyncConnection):
        self._connection: AsyncConnection | None = connection
        self.words: dict[int, dict[str, Any]] = {}  # by seq: to be indexed
        self.stale: set[int] = set()  # seqs to remove from the index first
        self.erased = False  # something was deleted, and its old bytes must be overwritten
        self.broken: Exception | None = None  # the database failed, even if the work has caught the error

    async def add_messages(self, heard: Sequence[Message]) -> set[tuple[str, str]]:
        """Adds the new messages and returns their (platform, id). Known and deleted ids are left as they are, except
        that the echo of our own words may show that they are for fewer people than we thought."""
        if not heard:
            return set()
        heard = await self._without_orphans(heard)
        stored = await self.run(ADD, [message_values(message) for message in heard])
        seqs = {(row.platform, row.id): row.seq for row in stored}
        new = []
        for message in heard:
            seq = seqs.pop(_stored_id(message), None)  # the first of two with one id is the one that was stored
            if seq is not None:
                new.append(message)
                self.index(seq, message.room, message.text, message.parts)
        for message in heard:
            if message.author.is_self and Audience.MEMBERS in WIDER[message.audience]:
                await self.run(_narrowed(message))
        await self._count_hours(new)
        return {(message.room.platform, message.id) for message in new}

    async def add_unheard(self, message: Message) -> bool:
        """Adds a message that its room can't take in; a rebuilt room and recall leave it out. True if it is new."""
        return bool((await self.run(ADD, [message_values(message) | {"unheard": True}])).all())

    async def edit(self, edit: Edit) -> bool:
        """Changes a message's text, and forgets what the old one led to. True if the message is known in that room, not
        deleted, and its text has changed. Its audience can only become smaller."""
        before = await self._known(edit.room, edit.message_id)
        new = storable(edit.text)
        if before is None or before.text == new:
            return False
        await self.replace_text(before.seq, _room_of(before), new, before.parts)
        wider = messages.c.audience.in_(WIDER[edit.audience])
        audience = case((wider, edit.audience.value), else_=messages.c.audience)
        edited = update(messages).where(messages.c.seq == before.seq)
        await self.run(edited.values(audience=audience, edited_seq=stays.NOW + 1))
        await forget_edited(self, before, new)
        return True

    async def delete(self, deletion: Deletion, *, keeps_id: bool = True) -> bool:
        """Deletes a message, with all that repeats it. True if it was known in that room. Its id stays known; with
        `keeps_id`, also that of a message that we never heard."""
        room, message_id = deletion.room, deletion.message_id
        gone = await self._known(room, message_id)
        in_room = or_(posts.c.room_id == room.id, posts.c.root == room.id)
        learnt = (posts.c.platform == room.platform, posts.c.id == message_id, in_room)
        await self.run(delete(posts).where(*learnt))  # kept for longer than the message
        if gone is None:
            await forget_quotations(self, room.platform, message_id, "")
            if keeps_id:
                await self.run(BURY, never_heard(deletion))
            return False
        self.erased = True
        self.unindex(gone.seq)
        await self.run(FORGET.where(messages.c.seq == gone.seq))
        of_message = (reactions.c.platform == room.platform, reactions.c.message_id == message_id)
        await self.run(delete(reactions).where(*of_message))
        of_reply = (turns.c.platform == room.platform, turns.c.reply_id == message_id)
        await self.run(update(turns).where(*of_reply).values(text=""))
        await forget_deleted(self, gone)
        return True

    async def replace_text(self, seq: int, room: Room, new: str, parts: Sequence[Part] = ()) -> None:
        """Replaces the text of a message with these parts, in the full-text index too."""
        self.erased = True
        await self.run(update(messages).where(messages.c.seq == seq).values(text=new))
        self.reindex(seq, room, new, parts)

    async def forget_reply(self, room: Room, message_id: str) -> None:
        """Removes the text of a reply of ours to a message that was changed while the reply was sent."""
        reply = await self._known(room, message_id)
        if reply is not None and reply.text:
            await self.replace_text(reply.seq, room, "")

    async def react(self, reaction: Reaction) -> None:
        """Adds the reaction once, or removes it. Only a message that is kept in that room gets one."""
        if await self._known(reaction.room, reaction.message_id) is None:
            return
        values = reaction_values(reaction)
        if reaction.removed:
            same = [reactions.c[key] == values[key] for key in ("platform", "message_id", "author_id", "emoji")]
            self.erased |= (await self.run(delete(reactions).where(*same))).rowcount > 0
        else:
            await self.run(REACT, values)

    async def _known(self, room: Room, message_id: str) -> Row[Any] | None:
        """The message, if it is in that room and not deleted."""
        found = select(messages).where(owned(room, message_id), messages.c.deleted.is_(False))
        return (await self.run(found)).one_or_none()

    async def attend(self, news: Membership) -> None:
        """Records who is in a room (see `stays.py`)."""
        for statement in stays.recorded(news):
            await self.run(statement)

    async def put_turns(self, changed: Sequence[Turn]) -> None:
        """Adds each turn, or replaces the one with its id. A second turn for one trigger raises IntegrityError."""
        if changed:
            await self.run(PUT_TURNS, [turn_values(turn) for turn in changed])

    async def put_posts(self, changed: Sequence[tuple[Room, Post]]) -> None:
        """Adds each post, in order, or updates how it was answered."""
        if changed:
            await self.run(PUT_POSTS, [post_values(room, post) for room, post in changed])

    async def put_state(self, platform: str, mark: Mark) -> None:
        """Stores each value under its key; None removes the key: the local community keeps its posts as such values."""
        kept = [{"platform": platform, "key": key, "value": value} for key, value in mark.items() if value is not None]
        gone = [key for key, value in mark.items() if value is None]
        if kept:
            await self.run(PUT_STATE, kept)
        if gone:
            of_keys = (adapter_state.c.platform == platform, adapter_state.c.key.in_(gone))
            self.erased |= (await self.run(delete(adapter_state).where(*of_keys))).rowcount > 0

    async def purge(self, before: datetime, limit: int) -> int:
        """Removes the `limit` oldest messages heard before then, with reactions and words. Returns their number."""
        old = select(messages.c.seq, messages.c.platform, messages.c.id).where(messages.c.heard < before)
        rows = (await self.run(old.order_by(messages.c.heard).limit(limit))).all()
        for row in rows:
            self.unindex(row.seq)
        if rows:
            self.erased = True
            seqs = [row.seq for row in rows]
            theirs = tuple_(reactions.c.platform, reactions.c.message_id)
            await self.run(delete(reactions).where(theirs.in_([(row.platform, row.id) for row in rows])))
            await self.run(delete(messages).where(messages.c.seq.in_(seqs)))
        return len(rows)

    async def purge_stays(self, limit: int) -> int:
        """Removes `limit` stays that concern none of the messages that are kept. Returns their number."""
        return await self._remove(stays.outdated(limit))

    async def purge_turns(self, before: datetime, limit: int) -> int:
        """Removes the `limit` oldest turns that were heard and due before then, and whose reply, if any, is already
        removed. Returns their number. While the reply is kept, the turn records that it answered a call."""
        reply = exists().where(messages.c.platform == turns.c.platform, messages.c.id == turns.c.reply_id)
        old = (
            select(turns.c.seq)
            .where(turns.c.at < before, func.coalesce(turns.c.due, turns.c.at) < before, ~reply)
            .order_by(turns.c.at)
            .limit(limit)
        )
        return await self._remove(delete(turns).where(turns.c.seq.in_(old)))

    async def forget_old(self, before: datetime, limit: int) -> int:
        """Removes the person from at most `limit` turns that were heard before then. Returns their number. Such turns
        are few: all others are removed as a whole."""
        has_person = or_(turns.c.member != "", turns.c.text != "", text("facts != '{}'"))
        old = select(turns.c.seq).where(has_person, turns.c.at < before)
        lost = {"member": "", "trigger": turns.c.id, "text": "", "facts": {}, "points_at": ""}
        return await self._change_some(turns, old, limit, lost)

    async def forget_silent(self, before: datetime, limit: int, *, held_out: bool) -> int:
        """Removes the member from at most `limit` turns before then that ended without a reply, or have only a mark of
        the member left. A call keeps its message, since a room that is rebuilt looks up whether it called us."""
        ended = turns.c.state.not_in((*OPEN, State.SENT.value))
        silent = or_(ended, turns.c.member.startswith("~"))
        old = select(turns.c.seq).where(HAS_MEMBER, turns.c.at < before, silent, (turns.c.arm != "") == held_out)
        lost = {"member": "", "trigger": case((turns.c.addressed, turns.c.trigger), else_=turns.c.id)}
        return await self._change_some(turns, old, limit, lost)

    async def forget_authors(self, before: datetime, limit: int) -> int:
        """Removes the people from at most `limit` posts from before then. Returns their number."""
        old = select(posts.c.seq).where(HAS_AUTHOR, posts.c.at < before.timestamp())
        return await self._change_some(posts, old, limit, {"author": "", "answered_by": ""})

    async def purge_posts(self, before: datetime, limit: int) -> int:
        """Removes the `limit` oldest posts from before then. Returns their number."""
        old = select(posts.c.seq).where(posts.c.at < before.timestamp()).order_by(posts.c.at).limit(limit)
        return await self._remove(delete(posts).where(posts.c.seq.in_(old)))

    async def purge_hours(self, before: datetime, rooms: Sequence[RoomKey]) -> None:
        """Removes these rooms' hours from before then. A room's first hour is kept, since quiet hours are learnt from
        then on."""
        for room in rooms:
            here = [hours.c[key] == part for key, part in zip(ROOM_KEY, room, strict=True)]
            first = select(func.min(hours.c.hour)).where(*here).scalar_subquery()
            old = (hours.c.hour < int(before.timestamp() // HOUR), hours.c.hour > first)
            await self.run(delete(hours).where(*here, *old))

    async def ask(self, question: Question[T]) -> T:
        """Runs a question inside the work. It sees the work's changes so far; nothing else can change in between."""
        try:
            return await question(self._open())
        except DBAPIError as error:
            self._note(error)
            raise

    # --- used by the writer ---

    def take(self, part: "Transaction") -> None:
        """Adds the collected changes of a finished work."""
        for seq in part.stale:
            self.unindex(seq)
        self.words |= part.words
        self.erased |= part.erased

    async def write_words(self) -> None:
        """Updates the full-text index with all collected changes."""
        await sqlite.unindex(self._open(), sorted(self.stale))
        await sqlite.index(self._open(), list(self.words.values()))

    def close(self) -> None:
        self._connection = None

    async def _without_orphans(self, heard: Sequence[Message]) -> Sequence[Message]:
        """The messages; replies of ours to messages that are deleted by now have no text."""
        answered = {(each.room.platform, each.reply_to) for each in heard if each.author.is_self and each.reply_to}
        if not answered:
            return heard
        by_id = tuple_(messages.c.platform, messages.c.id).in_(answered)
        found = await self.run(select(messages.c.platform, messages.c.id).where(by_id, messages.c.deleted))
        gone = {tuple(row) for row in found.all()}
        is_orphan = [each.author.is_self and (each.room.platform, each.reply_to) in gone for each in heard]
        return [replace(each, text="") if lost else each for each, lost in zip(heard, is_orphan, strict=True)]

    async def _count_hours(self, heard: Sequence[Message]) -> None:
        """Counts messages per hour, as the room does: messages of an earlier hour that arrive late are left out."""
        running: dict[Room, int] = {}
        counted: Counter[tuple[Room, int]] = Counter()
        for message in heard:
            hour = int(said_at(message) // HOUR)
            if not (message.author.is_bot or message.author.is_self) and hour >= running.get(message.room, hour):
                running[message.room] = hour
                counted[message.room, hour] += 1
        if counted:
            await self.run(COUNT, [_hour_values(*of_hour, said) for of_hour, said in counted.items()])

    def reindex(self, seq: int, room: Room, text: str, parts: Sequence[Part]) -> None:
        self.unindex(seq)
        self.index(seq, room, text, parts)

    def index(self, seq: int, room: Room, text: str, parts: Sequence[Part]) -> None:
        words = fulltext.indexed("\n".join([text, *searchable(parts)]) if parts else text)
        if words.strip():
            self.words[seq] = {"rowid": seq, "room": fulltext.room_token(room), "words": words}

    async def _remove(self, statement: Executable) -> int:
        removed = (await self.run(statement)).rowcount
        self.erased |= removed > 0
        return removed

    async def _change_some(self, table: Table, old: Select[Any], limit: int, values: Values) -> int:
        return await self._remove(update(table).where(table.c.seq.in_(old.limit(limit))).values(values))

    def unindex(self, seq: int) -> None:
        self.stale.add(seq)
        self.words.pop(seq, None)

    def _open(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("this work has ended: its Transaction can't be used any more")
        return self._connection

    async def run(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        try:
            return await self._open().execute(statement, values)
        except DBAPIError as error:
            self._note(error)
            raise

    def _note(self, error: DBAPIError) -> None:
        if sqlite.is_storage(error):
            self.broken = error


def _room_of(row: Row[Any]) -> Room:
    return Room(row.platform, row.community, row.room_id)


def _narrowed(message: Message) -> Executable:
    """Narrows the audience of a stored message to this one's."""
    known = update(messages).where(messages.c.platform == message.room.platform, messages.c.id == message.id)
    return known.where(messages.c.audience.in_(WIDER[message.audience])).values(audience=message.audience.value)


def _stored_id(message: Message) -> tuple[str, str]:
    return storable(message.room.platform), storable(message.id)


def _hour_values(room: Room, hour: int, said: int) -> Values:
    return {"platform": room.platform, "community": room.community, "room_id": room.id, "hour": hour, "said": said}
