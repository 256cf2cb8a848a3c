"""Reads all messages of a database, for a replay. Synchronous: never used by a running Cameo."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.remember import sqlite
from bot.remember.migrate import revision
from bot.remember.rows import message_of
from bot.remember.schema import HEAD, messages
from bot.types import Message, StoreError

ROWS_AT_ONCE = 1000  # rows in memory

LIVING = messages.c.deleted.is_(False)


def recorded(path: Path) -> Iterator[Message]:
    """Yields every message that is not deleted, in the order in which it was heard. Raises StoreError."""
    with _reading(path) as connection:
        rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(
            select(messages).where(LIVING).order_by(messages.c.seq)
        )
        yield from map(message_of, rows)


def is_cameos(path: Path) -> bool:
    """Whether the file is a database that some version of Cameo has made, and can be opened."""
    try:
        return revision(path) is not None
    except StoreError:
        return False


def counts(path: Path) -> tuple[int, int]:
    """The number of messages, and how many of them are ours. Raises StoreError."""
    with _reading(path) as connection:
        ours = func.coalesce(func.sum(messages.c.author_is_self), 0)
        everything, own = connection.execute(select(func.count(), ours).where(LIVING)).one()
        return int(everything), int(own)


@contextmanager
def _reading(path: Path) -> Iterator[Connection]:
    found = revision(path)
    if found != HEAD:
        raise StoreError(f"{path}: its schema is {found}, not {HEAD}; let this Cameo run on it once, then replay it")
    try:
        with create_engine(sqlite.url_for(path), poolclass=NullPool, hide_parameters=True).connect() as connection:
            for pragma in sqlite.READER:
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            yield connection
    except DBAPIError as error:
        raise sqlite.plain(error, path) from error
