"""What a work may do to the store. Its changes count once the transaction that it is part of has committed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Executable, delete, select, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import fulltext, sqlite
from bot.remember.rows import erased, message_values, place_values, reaction_values, turn_values
from bot.remember.schema import adapter_state, messages, reactions, storable, turns
from bot.types import Deletion, Edit, Mark, Message, Reaction, Room, State, Turn

OPEN = tuple(state.value for state in State if state.is_open)

ADD = sqlite.insert(messages).on_conflict_do_nothing().returning(messages.c.seq, messages.c.platform, messages.c.id)
BURY = sqlite.insert(messages).on_conflict_do_nothing()
REACT = sqlite.insert(reactions).on_conflict_do_nothing()
_turn = sqlite.insert(turns)
PUT_TURNS = _turn.on_conflict_do_update(
    index_elements=["id"],
    set_={column.name: column for column in _turn.excluded if column.name not in ("seq", "id")},
)
_state = sqlite.insert(adapter_state)
PUT_STATE = _state.on_conflict_do_update(index_elements=["platform", "key"], set_={"value": _state.excluded["value"]})


class Writing:
    """One work's hand on the store: valid inside the work alone. Await nothing else there, since all others wait.

    Full text is written once per transaction, so a work collects here what is to change in it.
    """

    def __init__(self, connection: AsyncConnection):
        self._connection: AsyncConnection | None = connection
        self.words: dict[int, dict[str, Any]] = {}  # by seq: to be indexed
        self.stale: set[int] = set()  # seqs whose words leave the index first
        self.erased = False  # something was deleted, and its old bytes are to be overwritten
        self.broken: Exception | None = None  # the database failed, whatever the work made of that

    async def add_messages(self, heard: Sequence[Message]) -> set[tuple[str, str]]:
        """(platform, id) of those that are new. Known and deleted ids are left as they are."""
        if not heard:
            return set()
        stored = await self._run(ADD, [message_values(message) for message in heard])
        seqs = {(row.platform, row.id): row.seq for row in stored}
        new = set()
        for message in heard:
            seq = seqs.pop(_stored_id(message), None)  # the first of two with one id is the one that was stored
            if seq is not None:
                new.add((message.room.platform, message.id))
                self._index(seq, message.room, message.text)
        return new

    async def edit(self, edit: Edit) -> bool:
        """True if a known, living message now has another text."""
        known = update(messages).where(
            messages.c.platform == edit.room.platform,
            messages.c.id == edit.message_id,
            messages.c.deleted.is_(False),
            messages.c.text != edit.text,
        )
        changed = await self._run(known.values(text=edit.text).returning(messages.c.seq, *_ROOM))
        row = changed.one_or_none()
        if row is None:
            return False
        self.erased = True
        self._unindex(row.seq)
        self._index(row.seq, Room(row.platform, row.community, row.room_id), edit.text)
        return True

    async def delete(self, deletion: Deletion) -> bool:
        """True if a known message is now gone. Its id stays known, also of one that we have never heard."""
        platform, message_id = deletion.room.platform, deletion.message_id
        known = update(messages).where(
            messages.c.platform == platform, messages.c.id == message_id, messages.c.deleted.is_(False)
        )
        row = (await self._run(known.values(erased()).returning(messages.c.seq))).one_or_none()
        if row is None:
            await self._run(BURY, _tombstone(deletion))
            return False
        self.erased = True
        self._unindex(row.seq)
        of_message = (reactions.c.platform == platform, reactions.c.message_id == message_id)
        await self._run(delete(reactions).where(*of_message))
        of_reply = (turns.c.platform == platform, turns.c.reply_id == message_id)
        await self._run(update(turns).where(*of_reply).values(text=""))
        return True

    async def react(self, reaction: Reaction) -> None:
        """Adds the reaction once, or takes it away. A deleted message gets none."""
        values = reaction_values(reaction)
        if reaction.removed:
            same = [reactions.c[key] == values[key] for key in ("platform", "message_id", "author_id", "emoji")]
            await self._run(delete(reactions).where(*same))
            return
        gone = select(messages.c.seq).where(
            messages.c.platform == reaction.room.platform,
            messages.c.id == reaction.message_id,
            messages.c.deleted,
        )
        if (await self._run(gone)).first() is None:
            await self._run(REACT, values)

    async def put_turns(self, changed: Sequence[Turn]) -> None:
        """Adds each turn, or replaces the one with its id. A second turn for one trigger raises IntegrityError."""
        if changed:
            await self._run(PUT_TURNS, [turn_values(turn) for turn in changed])

    async def put_state(self, platform: str, mark: Mark) -> None:
        """Keeps each value under its key; None removes the key."""
        kept = [{"platform": platform, "key": key, "value": value} for key, value in mark.items() if value is not None]
        gone = [key for key, value in mark.items() if value is None]
        if kept:
            await self._run(PUT_STATE, kept)
        if gone:
            of_keys = (adapter_state.c.platform == platform, adapter_state.c.key.in_(gone))
            await self._run(delete(adapter_state).where(*of_keys))

    async def purge(self, before: datetime, limit: int) -> int:
        """Removes the `limit` oldest messages heard before then, with their reactions and words; how many it were."""
        old = select(messages.c.seq, messages.c.platform, messages.c.id).where(messages.c.heard < before)
        rows = (await self._run(old.order_by(messages.c.heard).limit(limit))).all()
        for row in rows:
            self._unindex(row.seq)
        if rows:
            self.erased = True
            seqs = [row.seq for row in rows]
            theirs = tuple_(reactions.c.platform, reactions.c.message_id)
            await self._run(delete(reactions).where(theirs.in_([(row.platform, row.id) for row in rows])))
            await self._run(delete(messages).where(messages.c.seq.in_(seqs)))
        return len(rows)

    async def strip_turns(self, before: datetime) -> None:
        """Turns from before then lose their text, once finished; reactions from before then go, too."""
        finished = (turns.c.at < before, turns.c.text != "", turns.c.state.not_in(OPEN))
        await self._run(update(turns).where(*finished).values(text=""))
        await self._run(delete(reactions).where(reactions.c.at < before))

    # --- what the writer does with it ---

    def take(self, part: "Writing") -> None:
        """Adds what a finished work has changed."""
        for seq in part.stale:
            self._unindex(seq)
        self.words |= part.words
        self.erased |= part.erased

    async def write_words(self) -> None:
        """Brings the full text up to date with all that was collected."""
        await sqlite.unindex(self._open(), sorted(self.stale))
        await sqlite.index(self._open(), list(self.words.values()))

    def close(self) -> None:
        self._connection = None

    def _index(self, seq: int, room: Room, text: str) -> None:
        words = fulltext.indexed(text)
        if words.strip():
            self.words[seq] = {"rowid": seq, "room": fulltext.room_token(room), "words": words}

    def _unindex(self, seq: int) -> None:
        self.stale.add(seq)
        self.words.pop(seq, None)

    def _open(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("this work has ended: its Writing can't be used any more")
        return self._connection

    async def _run(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        try:
            return await self._open().execute(statement, values)
        except DBAPIError as error:
            if sqlite.is_storage(error):
                self.broken = error
            raise


_ROOM = (messages.c.platform, messages.c.community, messages.c.room_id)


def _stored_id(message: Message) -> tuple[str, str]:
    return storable(message.room.platform), storable(message.id)


def _tombstone(deletion: Deletion) -> Mapping[str, Any]:
    """The empty row of a message that was deleted before we heard it."""
    place = place_values(deletion.room)
    return {
        **place,
        **erased(),
        "id": deletion.message_id,
        "thread_root": None,
        "at": deletion.at,
        "heard": deletion.at,
    }
