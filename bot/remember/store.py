"""The store: the only access to the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.contact import TOLD_AGAIN
from bot.decide.pseudonyms import id_of_turn
from bot.decide.reasons import Reason
from bot.decide.spent import NOT_SPENT
from bot.remember import migrate as migration
from bot.remember import sqlite
from bot.remember.asked import outdated_commands
from bot.remember.choices import forget_choosers
from bot.remember.commit_queue import CommitQueue
from bot.remember.contacts import forgotten_contacts
from bot.remember.damage import check
from bot.remember.feedback import outdated_feedback
from bot.remember.filters import in_room, in_thread, living
from bot.remember.forgetting import forget_careful
from bot.remember.purge import HELD_OUT_DAYS, LEARNT_DAYS, SILENT_DAYS, Purge
from bot.remember.reader import Question, Reader
from bot.remember.rows import message_of, reaction_of, turn_of
from bot.remember.schema import HEAD, adapter_state, hours, messages, reactions, turns
from bot.remember.sqlite import DatabaseInUse
from bot.remember.thanks import outdated
from bot.remember.transaction import OPEN, ROOM_KEY, RoomKey, Transaction
from bot.remember.visibility import Viewer, readable
from bot.types import Mark, Message, Reaction, Room, StoreError, Thread, Turn, Verdict

__all__ = ["DatabaseInUse", "Store", "StoredState", "Transaction", "migrate"]

T = TypeVar("T")

BUSY_SECONDS = 5.0
"""How long to wait for another program's lock (a backup, a person with a shell) before a write fails."""

PURGED_AT_ONCE = 500
"""Rows per commit of a purge, so that other writes wait for only some tens of milliseconds."""

ROOMS_PURGED_AT_ONCE = 50
"""Rooms per commit when hours are purged: each may have 24 to remove after a day."""

COUNTS = or_(
    turns.c.verdict == Verdict.SPEAK.value,
    turns.c.state.not_in([state.value for state in NOT_SPENT]),
    turns.c.cost_usd != 0,
    turns.c.error != "",
    turns.c.reason == Reason.RAID.value,
)
"""Turns that may count towards a limit, or that an alert may be about: all others were silent at no cost."""


def migrate(path: Path) -> None:
    """Migrates the database to the newest schema, creating it and its folder if needed. Call before the loop starts.

    Raises StoreError if it was created by a newer Cameo or another program, or is not writable; DatabaseInUse if it
    must be changed and another process has it open.
    """
    migration.to_head(path)


class Store:
    """Reads and writes the database. One process may write: open it once, close it last."""

    def __init__(self, path: Path, queue: CommitQueue | None, reader: Reader, opened: AsyncExitStack):
        self._path = path
        self._queue = queue
        self._reader = reader
        self._opened = opened

    @classmethod
    async def open(cls, path: Path, *, busy_seconds: float = BUSY_SECONDS, reading_only: bool = False) -> "Store":
        """Opens the database that `migrate` has prepared. Raises DatabaseInUse, with the pid of the process that holds
        it, or StoreError if there is none.

        `reading_only` takes no lock and can't write: for reading while another process runs.
        """
        if not path.exists():  # noqa: ASYNC240 - once, at the start
            raise StoreError(f"{path}: there is no database yet")
        async with AsyncExitStack() as opened:
            queue = None
            if not reading_only:
                opened.enter_context(sqlite.take(path))
                queue = CommitQueue(await _connect(opened, path, busy_seconds, reading=False), path)
                opened.push_async_callback(queue.stop)
            reader = Reader(await _connect(opened, path, busy_seconds, reading=True), path)
            opened.push_async_callback(reader.stop)
            return cls(path, queue, reader, opened.pop_all())

    @classmethod
    @asynccontextmanager
    async def looking(cls, path: Path) -> "AsyncIterator[Store]":
        """Opens the database for reading only, which is safe while another Cameo runs on it. Raises StoreError, also if
        the schema is another version or the file is damaged."""
        if path.exists() and (found := migration.revision(path)) != HEAD:  # noqa: ASYNC240 - once, at the start
            raise StoreError(
                f"{path}: its schema is {found or 'none'}, not {HEAD}; let this Cameo run on it once, then look again"
            )
        if path.exists():  # noqa: ASYNC240 - once, at the start
            check(path)
        store = await cls.open(path, reading_only=True)
        try:
            yield store
        finally:
            await store.close()

    async def close(self) -> None:
        """Stores what is queued, then closes the database. Calling it again is harmless."""
        await self._opened.aclose()

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, durable: bool = True) -> T:
        """Runs the work in a transaction and returns its result once that is committed.

        `durable`: returns only when the disk has it. Otherwise the commit survives a crash of this process, but a power
        cut may undo it unless a durable commit has followed; that avoids waiting for the disk, most of a commit's cost.

        A work's own exception undoes only its part and is raised here. Raises StoreError if the database could not
        store (disk full, locked); then nothing of the work is stored. If the caller is cancelled while waiting, the
        work may still be committed. A work may await only its Transaction, since all other writes wait for it.
        """
        if self._queue is None:
            raise StoreError(f"{self._path}: opened for reading only")
        result: T = await self._queue.write(work, durable=durable)
        return result

    def on_rollback(self, forget: Callable[[], None]) -> None:
        """Sets `forget`, which is called when a failure of the database has undone works, before the next one begins,
        to undo what they changed in memory. (A work that raises must do so itself.)"""
        if self._queue is not None:
            self._queue.rolled_back = forget

    @property
    def transactions(self) -> int:
        """The number of transactions that have ended (committed or rolled back). Inside a work, its own transaction is
        the next. So a reader outside can tell later whether a transaction was running then or has begun since."""
        return self._queue.ended if self._queue else 0

    @property
    def path(self) -> Path:
        return self._path

    @property
    def problem(self) -> str:
        """Why the last write or question failed, in words; empty if it succeeded. Damage stays until a restart."""
        error = (self._queue.problem if self._queue else None) or self._reader.problem
        return str(error).removeprefix(f"{self._path}: ") if error else ""

    async def ask(self, question: Question[T]) -> T:
        """Runs a question that is not a method here, on the reading connection, one at a time. Raises StoreError."""
        return await self._reader.ask(question)

    # --- messages ---

    async def messages(self, room: Room, limit: int, viewer: Viewer | None = None) -> list[Message]:
        """The newest `limit` messages of all the room's threads, in the order in which they were heard: those that the
        viewer may read or, without one, all."""
        return await self._newest(_shown(living(room), viewer), limit)

    async def thread_messages(self, thread: Thread, limit: int, viewer: Viewer | None = None) -> list[Message]:
        """The thread's first message and the newest ones, `limit` in all, oldest first: those that the viewer may read
        or, without one, all. For a thread without a root: the newest of the room's timeline."""
        found = await self._newest(_shown(in_thread(thread), viewer), limit)
        if thread.root is None or limit < 1:
            return found
        first = await self._first(thread, viewer)
        if first is None or any(message.id == first.id for message in found):
            return found
        return [first, *found[max(0, len(found) - limit + 1) :]]

    async def own_lines(self, viewer: Viewer, limit: int) -> list[Message]:
        """The newest `limit` messages of our own in the viewer's room that the viewer may read, oldest first."""
        ours = living(viewer.room).where(text("author_is_self"))  # as in the index
        return await self._newest(_shown(ours, viewer), limit)

    async def message(self, platform: str, message_id: str) -> Message | None:
        """None if unknown or deleted."""
        known = select(messages).where(
            messages.c.platform == platform, messages.c.id == message_id, messages.c.deleted.is_(False)
        )
        rows = await self._rows(known)
        return message_of(rows[0]) if rows else None

    async def reactions(self, room: Room, message_id: str) -> list[Reaction]:
        """The message's current reactions, oldest first."""
        current = select(reactions).where(reactions.c.platform == room.platform, reactions.c.message_id == message_id)
        rows = await self._rows(current.order_by(reactions.c.at))
        return [reaction_of(row, room) for row in rows]

    async def own_signs(self, room: Room, member: str, emoji: str, since: datetime, limit: int) -> list[str]:
        """The ids of a member's messages in a room, heard since then, that carry this reaction of ours, newest
        first."""
        ours = reactions.c.author_is_self & (reactions.c.emoji == emoji)
        there = (reactions.c.platform == messages.c.platform) & (reactions.c.message_id == messages.c.id)
        signed = select(messages.c.id).join(reactions, there & ours)
        theirs = signed.where(in_room(room), messages.c.author_id == member, messages.c.heard >= since)
        return [row.id for row in await self._rows(theirs.order_by(messages.c.seq.desc()).limit(limit))]

    # --- turns ---

    async def open_turns(self, room: Room | None = None) -> list[Turn]:
        """The turns that have not ended, oldest first; of one room, or of all."""
        query = select(turns).where(turns.c.state.in_(OPEN)).order_by(turns.c.seq)
        if room is not None:
            query = query.where(turns.c.platform == room.platform, turns.c.room_id == room.id)
        return await self._turns(query)

    async def turns(self, last: int) -> list[Turn]:
        """The last `last` turns, newest first."""
        return await self._turns(select(turns).order_by(turns.c.seq.desc()).limit(max(0, last)))

    async def turn(self, platform: str, trigger: str) -> Turn | None:
        """The turn that this message has triggered, also if the turn no longer names it."""
        named = (turns.c.platform == platform) & (turns.c.trigger == trigger)
        found = await self._turns(select(turns).where(or_(named, turns.c.id == id_of_turn(platform, trigger))))
        return found[0] if found else None

    async def counting_turns(self, since: datetime) -> list[Turn]:
        """The turns considered or due at `since` or later that may count towards a limit, oldest first."""
        # A turn counts from when it was due, perhaps days later. A union uses both indexes; an OR would scan all turns.
        at, due = (select(turns.c.seq).where(moment >= since) for moment in (turns.c.at, turns.c.due))
        lately = turns.c.seq.in_(at.union(due))
        return await self._turns(select(turns).where(lately, COUNTS).order_by(turns.c.seq))

    # --- forgetting, and what adapters keep ---

    def purges(self, keep_days: int) -> list[tuple[Purge, int]]:
        """What must run regularly, each with its age limit in days."""
        return [
            (self.purge, keep_days),
            (self.forget_silent, SILENT_DAYS),
            (self.forget_held_out, HELD_OUT_DAYS),
            (self.purge_learnt, LEARNT_DAYS),
            (self.purge_careful, 0),  # at each purge
            (self.purge_contacts, TOLD_AGAIN.days),
        ]

    async def purge(self, before: datetime) -> int:
        """Removes what was heard before then: messages with their reactions and index entries, turns, the people in
        what rooms have learnt, and who chose what in chat. Returns the number of messages.

        Old turns are useless once their messages are gone: a room that is rebuilt looks up whether a message that is
        kept called us, limits look back one day, and explanations are given for messages that are kept."""
        purged = await self._in_slices(lambda tx: tx.purge(before, PURGED_AT_ONCE))
        await self._in_slices(lambda tx: tx.purge_stays(PURGED_AT_ONCE))
        await self._in_slices(lambda tx: tx.purge_turns(before, PURGED_AT_ONCE))
        for rows in (outdated(before), outdated_commands(before), outdated_feedback(before)):
            await self.write(lambda tx, rows=rows: tx.run(rows))  # type: ignore[misc]
        await self._in_slices(lambda tx: tx.forget_old(before, PURGED_AT_ONCE))
        await self._in_slices(lambda tx: tx.forget_authors(before, PURGED_AT_ONCE))
        await self.write(lambda tx: forget_choosers(tx, before))
        return purged

    async def forget_silent(self, before: datetime) -> int:
        """Removes the member from turns before then that ended without a reply, but for those that were held out for
        an experiment, and the marks of members from all turns. Returns the number of turns."""
        return await self._in_slices(lambda tx: tx.forget_silent(before, PURGED_AT_ONCE, held_out=False))

    async def forget_held_out(self, before: datetime) -> int:
        """The same for turns that were held out: their outcome is known by then."""
        return await self._in_slices(lambda tx: tx.forget_silent(before, PURGED_AT_ONCE, held_out=True))

    async def purge_careful(self, before: datetime) -> int:
        """Removes the person from careful answers that were decided before then; see `forget_careful`."""
        return await self._in_slices(lambda tx: forget_careful(tx, before, PURGED_AT_ONCE))

    async def purge_contacts(self, before: datetime) -> int:
        """Removes those whom we last told who we are, and last spoke to, before then. Returns their number."""
        return (await self.write(lambda tx: tx.run(forgotten_contacts(before)))).rowcount

    async def purge_learnt(self, before: datetime) -> int:
        """Removes what rooms learnt before then. Returns the number of posts."""
        purged = await self._in_slices(lambda tx: tx.purge_posts(before, PURGED_AT_ONCE))
        rows = await self._rows(select(*(hours.c[key] for key in ROOM_KEY)).distinct())
        rooms: list[RoomKey] = [tuple(row) for row in rows]
        for first in range(0, len(rooms), ROOMS_PURGED_AT_ONCE):
            some = rooms[first : first + ROOMS_PURGED_AT_ONCE]
            await self.write(lambda tx, some=some: tx.purge_hours(before, some))  # type: ignore[misc]
        return purged

    async def _in_slices(self, purge: Callable[[Transaction], Awaitable[int]]) -> int:
        """Repeats `purge` until nothing is left, one commit each, so that other writes go in between. Returns the
        number of rows."""
        purged = 0
        while count := await self.write(purge):
            purged += count
        return purged

    def adapter_state(self, platform: str) -> "StoredState":
        """The platform's `bot.types.AdapterState`."""
        return StoredState(self, platform)

    # --- queries ---

    async def _rows(self, query: Select[Any]) -> Any:
        async def fetch(connection: AsyncConnection) -> Any:
            return (await connection.execute(query)).all()

        return await self.ask(fetch)

    async def _turns(self, query: Select[Any]) -> list[Turn]:
        return [turn_of(row) for row in await self._rows(query)]

    async def _newest(self, query: Select[Any], limit: int) -> list[Message]:
        rows = await self._rows(query.order_by(messages.c.seq.desc()).limit(max(0, limit)))
        return [message_of(row) for row in reversed(rows)]

    async def _first(self, thread: Thread, viewer: Viewer | None) -> Message | None:
        """The thread's post, which on some platforms is in the room's timeline; else the oldest known message."""
        root = living(thread.room).where(messages.c.id == thread.root)
        oldest = in_thread(thread).order_by(messages.c.seq).limit(1)
        rows = await self._rows(_shown(root, viewer)) or await self._rows(_shown(oldest, viewer))
        return message_of(rows[0]) if rows else None


class StoredState:
    """The values that an adapter has put into marks. Implements `bot.types.AdapterState`."""

    def __init__(self, store: Store, platform: str):
        self._store, self._platform = store, platform
        self._of_platform = adapter_state.c.platform == platform

    async def get(self, key: str) -> str | None:
        found = await self._read(adapter_state.c.key == key)
        return found.get(key)

    async def scan(self, prefix: str) -> dict[str, str]:
        """All values whose key begins with `prefix`, in the order of the keys."""
        return await self._read(adapter_state.c.key.startswith(prefix, autoescape=True))

    async def put(self, values: Mark) -> None:
        """Commits values without events; a value of None removes its key. Raises StoreError."""
        await self._store.write(lambda tx: tx.put_state(self._platform, values))

    async def _read(self, condition: ColumnElement[bool]) -> dict[str, str]:
        wanted = select(adapter_state.c.key, adapter_state.c.value).where(self._of_platform, condition)

        async def fetch(connection: AsyncConnection) -> dict[str, str]:
            return {row.key: row.value for row in await connection.execute(wanted.order_by(adapter_state.c.key))}

        return await self._store.ask(fetch)


def _shown(query: Select[Any], viewer: Viewer | None) -> Select[Any]:
    return query if viewer is None else query.where(readable(viewer))


async def _connect(opened: AsyncExitStack, path: Path, busy_seconds: float, *, reading: bool) -> AsyncConnection:
    engine = sqlite.engine_for(path, busy_seconds, reading=reading)
    opened.push_async_callback(engine.dispose)
    try:
        connection = await engine.connect()
    except DBAPIError as error:
        raise sqlite.plain(error, path) from error
    opened.push_async_callback(connection.close)
    return connection
