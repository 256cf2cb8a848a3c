"""The store's single writer: a task that owns the writing connection and batches queued works into few commits."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import sqlite
from bot.remember.sweep import Sweep
from bot.remember.transaction import Transaction
from bot.types import StoreError

log = structlog.get_logger()

BATCH_WORKS = 64
"""Works per transaction: enough to share the cost of a commit, few enough to keep waiting times short."""


@dataclass(slots=True)
class Job:
    """A work and the future that its caller awaits. `result` is kept until the commit has succeeded."""

    work: Callable[[Transaction], Awaitable[Any]]
    durable: bool
    done: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    result: Any = None

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(self.result)


class CommitQueue:
    """Runs until stopped; a failing work does not affect later ones. `ended` counts transactions, committed or rolled
    back: the number of a running work's own transaction is `ended + 1`."""

    def __init__(self, connection: AsyncConnection, path: Path):
        self._connection = connection
        self._path = path
        self._sweep = Sweep(connection, path)
        self.ended = 0
        self._syncs = True  # a commit waits for the disk
        self.problem: StoreError | None = None  # why the last batch was not stored; damage stays
        # Called when a batch was rolled back, before its callers get the error and before the next batch begins.
        self.rolled_back: Callable[[], None] = lambda: None
        self._queue: asyncio.Queue[Job | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name="store writer")
        self._closing = False

    async def write(self, work: Callable[[Transaction], Awaitable[Any]], *, durable: bool = True) -> Any:
        """Returns the work's result once it is committed; as `Store.write`. Raises RuntimeError when called from inside
        a work, or if the writer has crashed."""
        if asyncio.current_task() is self._task:
            raise RuntimeError("a work may not wait for another write: it would wait for itself")
        if self._closing:
            raise StoreError(f"{self._path}: the store is closed; nothing of this was stored")
        if self._task.done():  # a bug in the writer, or the loop is closing; works and the database can't cause this
            raise RuntimeError("the writer has ended") from _why(self._task)
        job = Job(work, durable)
        self._queue.put_nowait(job)
        return await job.done

    async def stop(self) -> None:
        """Stores what is queued, then ends."""
        if not self._closing:
            self._closing = True
            self._queue.put_nowait(None)
        await asyncio.wait([self._task])
        if error := _why(self._task):
            raise error

    async def _run(self) -> None:
        try:
            while batch := await self._next_batch():
                await self._store(batch)
            await self._sweep.finish()
        finally:
            self._refuse([job for job in self._left() if job is not None])

    async def _next_batch(self) -> list[Job]:
        """The queued jobs, waiting for at least one; empty once the writer is to stop."""
        batch: list[Job] = []
        while len(batch) < BATCH_WORKS and not (batch and self._queue.empty()):
            job = await self._next_job()
            if job is None:
                self._queue.put_nowait(None)  # found again after this batch is stored
                break
            if not job.done.cancelled():
                batch.append(job)
        return batch

    async def _next_job(self) -> Job | None:
        """The next job in the queue. While there is none, sweeps deleted text out of the file."""
        while (pause := self._sweep.pause()) is not None:
            try:
                async with asyncio.timeout(pause):
                    return await self._queue.get()
            except TimeoutError:
                await self._sweep.step()
        return await self._queue.get()

    async def _store(self, batch: list[Job]) -> None:
        try:
            with _storage_errors(self._path):
                erased = await self._transaction(batch)
        except Exception as error:
            await self._give_up(batch, error)
            return
        except BaseException:  # the loop is closing: release all callers
            self._refuse(batch)
            raise
        self.ended += 1
        if not isinstance(self.problem, sqlite.DatabaseDamaged):
            self.problem = None
        for job in batch:
            job.succeed()
        if erased:
            self._sweep.note()
            await self._sweep.step()

    async def _transaction(self, batch: list[Job]) -> bool:
        """Commits the whole batch at once. True if something was erased."""
        await self._sync(any(job.durable for job in batch))
        await sqlite.begin(self._connection)
        whole = Transaction(self._connection)
        for job in batch:
            await self._work(job, whole, alone=len(batch) == 1)
        await whole.write_words()
        await sqlite.commit(self._connection)
        return whole.erased

    async def _sync(self, durable: bool) -> None:
        if durable is not self._syncs:
            await sqlite.sync_commits(self._connection, always=durable)
            self._syncs = durable

    async def _work(self, job: Job, whole: Transaction, *, alone: bool) -> None:
        """Runs one work of a batch. The work's own exception undoes only its part; a failure of the database raises and
        so ends the batch."""
        if not alone:
            await sqlite.savepoint(self._connection)
        part = Transaction(self._connection)
        try:
            job.result = await job.work(part)
        except (Exception, asyncio.CancelledError) as error:
            if part.broken:
                raise part.broken from error
            if _is_ending(error):
                raise
            await self._undo(alone=alone)
            job.fail(error)
        else:
            whole.take(part)
        finally:
            part.close()
        if part.broken:
            raise part.broken

    async def _undo(self, *, alone: bool) -> None:
        if alone:
            await sqlite.rollback(self._connection)
            await sqlite.begin(self._connection)
        else:
            await sqlite.rollback_to_savepoint(self._connection)

    async def _give_up(self, batch: list[Job], error: Exception) -> None:
        with suppress(StoreError), _storage_errors(self._path):
            await sqlite.rollback(self._connection)
        self.rolled_back()
        self.ended += 1
        if isinstance(error, StoreError):
            self.problem = error
            await self._make_room()
            log.error("nothing was stored", problem=str(error), works=len(batch))
        else:
            log.error("nothing was stored, because of a bug", problem=type(error).__name__, works=len(batch))
        for job in batch:
            # One error each: a raised exception carries its caller's traceback.
            job.fail(StoreError(str(error)) if isinstance(error, StoreError) else error)

    async def _make_room(self) -> None:
        """Empties the journal, which may be what has filled the disk."""
        with suppress(StoreError), _storage_errors(self._path):
            await sqlite.empty_journal(self._connection)

    def _left(self) -> Iterator[Job | None]:
        while not self._queue.empty():
            yield self._queue.get_nowait()

    def _refuse(self, batch: list[Job]) -> None:
        for job in batch:
            job.fail(StoreError(f"{self._path}: the store is closed; nothing of this was stored"))


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        if sqlite.is_storage(error):
            plain = sqlite.plain(error, path)
            raise type(plain)(f"{plain}; nothing of this was stored") from error
        raise


def _why(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _is_ending(error: BaseException) -> bool:
    """True if the writer's own task is being cancelled, not something that a work awaited."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
