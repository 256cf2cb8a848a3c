"""Looking at the database file takes nothing away from SQLite."""

import asyncio
import sys
from pathlib import Path

from bot.remember.store import Store
from bot.remember.watch import StoreWatch
from tests.fakes.clock import VirtualClock
from tests.fakes.waiting import PATIENCE

from .makers import ANN, message

READ = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('select count(*) from messages').fetchone()"


async def test_the_journal_stays_when_another_process_has_read_the_database(store: Store, path: Path) -> None:
    """Closing any descriptor of a file drops all locks that the process has on it. The other process would then take
    itself for the last one that uses the database, and remove the journal."""
    await store.write(lambda tx: tx.add_messages([message("m1", "hello", author=ANN)]))
    watch = StoreWatch(store, VirtualClock())
    for _ in range(2):
        await watch._look()
    journal = path.with_name(f"{path.name}-wal")
    before = journal.stat().st_ino
    async with asyncio.timeout(PATIENCE):
        reader = await asyncio.create_subprocess_exec(sys.executable, "-c", READ, str(path))
        assert await reader.wait() == 0
    assert journal.exists() and journal.stat().st_ino == before
