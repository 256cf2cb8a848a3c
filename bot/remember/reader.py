"""The store's single reader: a task owns the reading connection, so that a cancelled caller can't break it."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember import sqlite
from bot.types import StoreError

T = TypeVar("T")
Question = Callable[[AsyncConnection], Awaitable[T]]


class Reader:
    """Answers one question at a time, in order. Each sees everything that was committed before it was asked."""

    def __init__(self, connection: AsyncConnection, path: Path):
        self._connection = connection
        self._path = path
        self._queue: asyncio.Queue[tuple[Question[Any], asyncio.Future[Any]] | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name="store reader")
        self._closing = False
        self.problem: StoreError | None = None  # why the last question was not answered; damage stays

    async def ask(self, question: Question[T]) -> T:
        """The answer to `question`. Raises StoreError if the database can't be read or the store is closed."""
        if self._closing or self._task.done():
            raise StoreError(f"{self._path}: the store is closed")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((question, answer))
        return await answer

    async def stop(self) -> None:
        """Answers the queued questions, then ends."""
        if not self._closing:
            self._closing = True
            self._queue.put_nowait(None)
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while (asked := await self._queue.get()) is not None:
                await self._answer(*asked)
        finally:
            while not self._queue.empty():
                if (left := self._queue.get_nowait()) is not None:
                    _fail(left[1], StoreError(f"{self._path}: the store is closed"))

    async def _answer(self, question: Question[Any], answer: asyncio.Future[Any]) -> None:
        if answer.done():
            return
        try:
            found = await question(self._connection)
        except (DBAPIError, sqlite3.Error) as error:
            _fail(answer, self._noted(error) if sqlite.is_storage(error) else error)
        except Exception as error:
            _fail(answer, error)
        except BaseException:
            _fail(answer, StoreError(f"{self._path}: the store is closed"))
            raise
        else:
            if not isinstance(self.problem, sqlite.DatabaseDamaged):
                self.problem = None
            if not answer.done():
                answer.set_result(found)

    def _noted(self, error: BaseException) -> StoreError:
        self.problem = sqlite.plain(error, self._path)
        return self.problem


def _fail(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
