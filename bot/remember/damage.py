"""Finds out whether the database file is damaged: wholly at the start, and by its outside while Cameo runs."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from bot.remember import sqlite
from bot.remember.schema import metadata
from bot.remember.sqlite import DatabaseDamaged
from bot.remember.values import unreadable
from bot.types import StoreError

HEADER = b"SQLite format 3\0"
JOURNAL_HEADERS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\0\0\0\0")  # zeros: lost in a power cut, or just begun


def check(path: Path) -> None:
    """Reads the whole file (about a second for 300 MB) and every value. Raises StoreError if it is no file or can't be
    read, DatabaseDamaged if something in it, or in its journal, is not as it should be."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA query_only = ON")
            [(found,)] = connection.execute("PRAGMA quick_check(1)")
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            missing = sorted({*metadata.tables, sqlite.message_words.name} - tables)
            where = "" if missing else unreadable(connection)
    except sqlite3.Error as error:
        raise sqlite.plain(error, path) from error
    if found != "ok":
        raise DatabaseDamaged(f"{path}: the database file is damaged; put back a copy, or move it away to begin anew")
    if missing:
        raise DatabaseDamaged(f"{path}: the database file is damaged: it lacks {', '.join(missing)}")
    if where:
        raise DatabaseDamaged(f"{path}: the database file is damaged ({where}); put back a copy, or mend the value")


def check_files(path: Path) -> None:
    """To be called before SQLite opens the file: it would wait for a pipe, and throw a damaged journal away. Raises
    StoreError."""
    try:
        path.resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise StoreError(f"{path}: this link leads nowhere; name another file under `database`") from error
    for beside in ("", "-wal", "-shm"):
        file = path.with_name(path.name + beside)
        if file.exists() and not file.is_file():
            raise StoreError(f"{file}: this is not a file; move it away, or name another file under `database`")
    _check_journal(path.with_name(f"{path.name}-wal"))


def _check_journal(journal: Path) -> None:
    try:
        with journal.open("rb") as file:
            begins = file.read(4)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{journal}: the database's journal can't be read: {error.strerror}") from error
    if len(begins) == 4 and begins not in JOURNAL_HEADERS:
        raise DatabaseDamaged(f"{journal}: the database's journal is damaged; put back a copy of it and the database")


class OpenFile:
    """The database file as it was opened. Seen from outside, without SQLite, which trusts the pages that it has.

    The descriptor is never closed: closing any descriptor of a file drops all POSIX locks that the process holds on it,
    also SQLite's, and the next process that opens the database would remove the journal from under us (SQLite, "How To
    Corrupt An SQLite Database File", section 2.2)."""

    def __init__(self, path: Path):
        self._path, self._descriptor = path, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._inode = os.fstat(self._descriptor).st_ino

    def harm(self) -> str:
        """What has happened to the file since, as a reason for people; empty if nothing is seen."""
        try:
            status = self._path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_ino != self._inode:
                return "another file is in the place of the database"
            begins = os.pread(self._descriptor, len(HEADER) + 16, 0)
        except OSError as error:
            return f"the database file can't be read ({error.strerror})"
        if not begins.startswith(HEADER) or status.st_size < _page_bytes(begins):
            return "the database file was overwritten"
        return ""


def _page_bytes(begins: bytes) -> int:
    """The size of a page, from the file's header."""
    size = int.from_bytes(begins[16:18], "big")
    return 65_536 if size == 1 else size
