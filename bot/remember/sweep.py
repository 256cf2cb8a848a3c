"""Removes deleted text from the file: empties the journal and merges the full-text index, in small steps.

SQLite overwrites deleted rows (secure_delete), but older copies of their pages stay in the journal until it is
emptied, and an FTS5 index keeps the words of a deleted row until the segment that holds them is merged. (Its option
for deleting at once needs SQLite 3.42, and a file written with it can't be read by an older one.)
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import sqlite

log = structlog.get_logger()

PAUSE_SECONDS, PAUSE_SHARE = 60.0, 20.0
"""The pause between two merges: twenty times as long as the last one took, so that merging takes 5 % of the time at
most, and a minute at most. A merge rewrites the index (24 MB for 100,000 messages), which a busy moderator should not
cause for every message. Deleted words stay in the file until then, and until no write is queued."""

RETRY_SECONDS = 1.0
"""The pause after a reader was in the way of emptying the journal: readers take milliseconds."""

LAST_SECONDS = 3.0
"""Time for the remaining steps when the store closes, so that a stop takes less than ten seconds even with millions of
messages."""


class Sweep:
    """Tracks and does the work that is left. Used only by the writer, between transactions."""

    def __init__(self, connection: AsyncConnection, path: Path, now: Callable[[], float] | None = None):
        """`now` gives seconds; the loop's clock by default."""
        self._now = now or asyncio.get_running_loop().time
        self._connection = connection
        self._path = path
        self._index_is_dirty = True  # an earlier process may have left work; merging a clean index costs nothing
        self._merging = False
        self._journal_is_dirty = False
        self._next_journal = self._next_merge = 0.0  # by the loop's clock
        self._merge_took = 0.0  # seconds, so far

    def note(self) -> None:
        """Notes that something was deleted or edited."""
        self._index_is_dirty = True
        self._journal_is_dirty = True

    def pause(self) -> float | None:
        """Seconds until there is something to do; None when all is clean."""
        if self._merging:
            return 0.0
        due = [self._next_journal] if self._journal_is_dirty else []
        due += [self._next_merge] if self._index_is_dirty else []
        return max(0.0, min(due) - self._now()) if due else None

    async def step(self) -> None:
        """Does one step that is due, if any, some tens of milliseconds long. A failure is logged and retried later."""
        now = self._now()
        try:
            if self._journal_is_dirty and self._next_journal <= now:
                await self._empty_journal()
            elif self._merging or (self._index_is_dirty and self._next_merge <= now):
                await self._merge()
        except (DBAPIError, sqlite3.Error) as error:
            log.warning("deleted text is still in the file", problem=str(sqlite.plain(error, self._path)))
            self._put_off()

    async def finish(self) -> None:
        """Does the remaining steps, for at most `LAST_SECONDS`."""
        self._next_journal = self._next_merge = 0.0
        until = self._now() + LAST_SECONDS
        while self.pause() == 0.0 and self._now() < until:
            await self.step()

    async def _empty_journal(self) -> None:
        if await sqlite.empty_journal(self._connection):
            self._journal_is_dirty = False
        else:  # a reader is active
            self._next_journal = self._now() + RETRY_SECONDS

    async def _merge(self) -> None:
        starting, began = not self._merging, self._now()
        if starting:
            self._index_is_dirty, self._merge_took = False, 0.0
        self._merging = await sqlite.merge_words(self._connection, starting=starting)
        self._merge_took += self._now() - began
        self._next_merge = self._now() + min(PAUSE_SECONDS, PAUSE_SHARE * self._merge_took)
        if not self._merging:
            self._journal_is_dirty = True  # the journal still has the old index

    def _put_off(self) -> None:
        self._merging = self._journal_is_dirty = False
        self._index_is_dirty = True
        self._next_merge = self._now() + PAUSE_SECONDS
