"""Everything specific to SQLite: connections and their PRAGMAs, the writer's lock, full text, the meaning of errors.

Another database needs another module like this one; `schema.py`, `store.py` and `memory.py` stay the same.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Column, Integer, MetaData, Select, Table, Text, event, func, select
from sqlalchemy.dialects import sqlite as dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.types import StoreError

insert = dialect.insert  # supports on_conflict; PostgreSQL's has the same signature

# Not part of the portable schema: a virtual table, matched through a hidden column with the table's own name.
message_words = Table(
    "message_words",
    MetaData(),
    Column("rowid", Integer, primary_key=True),
    Column("room", Text),
    Column("words", Text),
    Column("message_words", Text),
)
MERGE = "INSERT INTO message_words (message_words, rank) VALUES ('merge', {})"
MERGED_PAGES = 200


class DatabaseInUse(StoreError):
    """Another process has the database open for writing."""


class DatabaseDamaged(StoreError):
    """The database file is not as it was left; only its operator can mend that."""


# --- connections ---------------------------------------------------------------------------------


def url_for(path: Path, driver_name: str = "sqlite") -> URL:
    """The database's URL. Built from parts, since a path may contain characters that have a meaning in a URL."""
    return URL.create(driver_name, database=str(path))


def engine_for(path: Path, busy_seconds: float, *, reading: bool) -> AsyncEngine:
    """An engine whose connections never begin a transaction by themselves; the writer issues BEGIN IMMEDIATE."""
    engine = create_async_engine(
        url_for(path, "sqlite+aiosqlite"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # errors are logged; members' messages must not be
        connect_args={"timeout": busy_seconds},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in READER if reading else WRITER:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


WRITER = (
    "journal_mode = WAL",  # readers never wait for the writer
    "synchronous = FULL",  # acknowledged commits survive a power cut
    "foreign_keys = ON",
    "secure_delete = ON",  # deleted text is overwritten, not just forgotten
    "temp_store = MEMORY",
    # In pages of 4 KB. The journal grows up to this before it is emptied into the database: SQLite's own 1,000 pages
    # were more than a small disk has left, on which then nothing could be stored any more.
    "wal_autocheckpoint = 250",
    "journal_size_limit = 1048576",  # bytes; a journal that had to grow is cut off again
)
READER = ("query_only = ON", "foreign_keys = ON", "temp_store = MEMORY")


async def sync_commits(connection: AsyncConnection, *, always: bool) -> None:
    """Makes commits wait until the disk has them (`always`), or not: then they survive the end of this process, but a
    power cut only once a later commit has waited. Call outside transactions only."""
    await _say(connection, f"PRAGMA synchronous = {'FULL' if always else 'NORMAL'}")


async def begin(connection: AsyncConnection) -> None:
    """Begins a transaction and takes the write lock at once: one that upgrades later can fail half-way."""
    await _say(connection, "BEGIN IMMEDIATE")


async def savepoint(connection: AsyncConnection) -> None:
    """Sets a savepoint to roll back to. It hides an older one of the same name; the commit ends them all."""
    await _say(connection, "SAVEPOINT work")


async def rollback_to_savepoint(connection: AsyncConnection) -> None:
    await _say(connection, "ROLLBACK TO work")


async def commit(connection: AsyncConnection) -> None:
    await _say(connection, "COMMIT")


async def rollback(connection: AsyncConnection) -> None:
    """Ends the transaction if SQLite has not already done so (it does when a disk is full)."""
    if driver(connection).in_transaction:
        await _say(connection, "ROLLBACK")


async def empty_journal(connection: AsyncConnection) -> bool:
    """Moves committed pages from the journal into the database and truncates the journal. False if a reader is in the
    way; does not wait for it."""
    ((patience,),) = await _say(connection, "PRAGMA busy_timeout")
    await _say(connection, "PRAGMA busy_timeout = 0")
    try:
        ((busy, *_),) = await _say(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await _say(connection, f"PRAGMA busy_timeout = {int(patience)}")
    return not busy


def driver(connection: AsyncConnection) -> Any:
    """The underlying aiosqlite connection."""
    assert connection.sync_connection is not None
    return connection.sync_connection.connection.driver_connection


async def _say(connection: AsyncConnection, command: str) -> Any:
    # Calls aiosqlite directly: one switch to its thread, where a SQLAlchemy statement needs three.
    return await driver(connection).execute_fetchall(command)


# --- full text -----------------------------------------------------------------------------------


async def index(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows to the index; each has `rowid`, `room` and `words`."""
    if rows:
        await connection.execute(message_words.insert(), rows)


async def unindex(connection: AsyncConnection, rowids: Iterable[int]) -> None:
    rows = [(rowid,) for rowid in rowids]
    if rows:
        await connection.exec_driver_sql("DELETE FROM message_words WHERE rowid = ?", rows)


async def merge_words(connection: AsyncConnection, *, starting: bool) -> bool:
    """Does one step (about 30 ms) of rewriting the index without the words of deleted rows. False when done."""
    sqlite_connection = driver(connection)
    before = sqlite_connection.total_changes
    # A negative number of pages begins a full merge, a positive one continues it; a step with nothing left to do
    # changes fewer than two rows.
    await _say(connection, MERGE.format(-MERGED_PAGES if starting else MERGED_PAGES))
    return bool(sqlite_connection.total_changes - before >= 2)


def search_query(room_token: str, terms: str) -> str:
    return f'room : "{room_token}" AND words : ({terms})'


def in_room_query(room_token: str) -> str:
    return f'room : "{room_token}"'


async def count_matches(connection: AsyncConnection, queries: Sequence[str]) -> list[int]:
    """How many rows each query finds, all asked at once."""
    counts = ", ".join(["(SELECT count(*) FROM message_words(?))"] * len(queries))
    ((*found,),) = await driver(connection).execute_fetchall(f"SELECT {counts}", queries)
    return [int(count) for count in found]


def best_words(query: str, limit: int | None) -> Select[Any]:
    """`rowid` and `unlikeness` (bm25: less is better) of the best rows; newer rows first among equals."""
    unlikeness = func.bm25(message_words.c.message_words, 0.0, 1.0).label("unlikeness")  # the room only selects
    found = select(message_words.c.rowid, unlikeness).where(message_words.c.message_words.op("MATCH")(query))
    return found.order_by(unlikeness, message_words.c.rowid.desc()).limit(limit)


# --- the writer's lock ---------------------------------------------------------------------------


def take(path: Path) -> IO[str]:
    """Takes the lock file beside the database, held until closed or until this process ends, even if killed.

    Raises DatabaseInUse, naming the process that holds it, or StoreError if the folder can't be written.
    """
    database = path.resolve()  # one lock, whichever symlink leads to the file
    beside = database.with_name(database.name + ".lock")
    try:
        lock = beside.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{beside}: the database's lock can't be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _holder(lock)
        raise DatabaseInUse(f"{path}: another Cameo is using this database ({holder})") from error
    _sign(lock)
    return lock


def _holder(lock: IO[str]) -> str:
    with lock:
        lock.seek(0)
        pid = lock.read(32).strip()
    return f"process {pid}" if pid.isdigit() else "process unknown"


def _sign(lock: IO[str]) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()


# --- errors --------------------------------------------------------------------------------------

_PLAIN = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_BUSY": "another program keeps the database locked",
    "SQLITE_LOCKED": "another program keeps the database locked",
    "SQLITE_READONLY": "the database may not be written",
    "SQLITE_IOERR": "the disk failed to read or write",
    "SQLITE_CORRUPT": "the database file is damaged",
    "SQLITE_NOTADB": "this file is not a database",
    "SQLITE_CANTOPEN": "the database file can't be opened",
}
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def plain(error: BaseException, path: Path) -> StoreError:
    """The error as one sentence for the operator."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", None) or type(cause).__name__
    family = "_".join(name.split("_")[:2])  # e.g. SQLITE_IOERR_WRITE belongs to SQLITE_IOERR
    kind = DatabaseDamaged if family in DAMAGE else StoreError
    return kind(f"{path}: {_PLAIN.get(family, 'the database failed')} ({name})")


def is_storage(error: BaseException) -> bool:
    """True if the database itself failed, not the work that used it."""
    if isinstance(error, OperationalError):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.OperationalError) or type(cause) is sqlite3.DatabaseError
