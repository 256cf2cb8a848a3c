"""Migrates a database file to the newest schema before anything else opens it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.remember import sqlite
from bot.remember.damage import check, check_files
from bot.remember.schema import HEAD
from bot.types import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


def to_head(path: Path) -> None:
    """Creates or migrates the file; does nothing if it is up to date. Raises StoreError, or DatabaseInUse if another
    process has it open."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: this folder can't be created: {error.strerror}") from error
    if revision(path) == HEAD:
        check(path)
        return
    with sqlite.take(path):
        try:
            # Readable by the owner only: the file holds members' messages and platform sessions. SQLite gives its
            # journal the same mode.
            path.touch(mode=0o600)
            _upgrade(path)
        except OSError as error:
            raise StoreError(f"{path}: the database can't be created: {error.strerror}") from error
        except (DBAPIError, sqlite3.Error) as error:
            raise sqlite.plain(error, path) from error


def revision(path: Path) -> str | None:
    """The file's schema revision; None if it doesn't exist or is empty. Raises StoreError if it isn't Cameo's."""
    check_files(path)
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "alembic_version" in tables:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                return str(row[0]) if row else None
    except sqlite3.Error as error:
        raise sqlite.plain(error, path) from error
    if tables:
        raise StoreError(f"{path}: this database belongs to another program; name another file under `database`")
    return None


def _upgrade(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = create_engine(sqlite.url_for(path), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        _prepare(connection)
        # One transaction: if the process is killed in between, the next start finds the old schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            found = revision(path)
            raise StoreError(
                f"{path}: a newer Cameo created this database (revision {found}, this one knows up to {HEAD}); "
                "run that one, or name another file under `database`"
            ) from error
        connection.exec_driver_sql("COMMIT")


def _prepare(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    connection.exec_driver_sql("PRAGMA secure_delete = ON")  # a migration may forget what earlier versions kept
