"""A file that arrives in pieces, one request each: a request must be here within seconds (see `connections.py`), and a
large file on a slow network is not."""

import asyncio
from collections.abc import AsyncIterator

from bot.measure.trial import Trial

SENT_BYTES = 1 << 20  # arrives within ten seconds at 1 Mbit/s
PIECE_SECONDS = 60.0  # between two pieces; then the browser is gone, and what came of the file is removed


class OutOfOrder(Exception):
    """A piece is missing, or came twice."""


class Incoming:
    """One file of a trial. Make it in the running loop, and `abandon` it if its last piece does not come."""

    def __init__(self, trial: Trial, name: str):
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._next = 0
        self._storing = asyncio.create_task(trial.receive(name, self._arriving()), name="incoming")

    async def add(self, number: int, piece: bytes, *, is_last: bool) -> None:
        """Takes piece `number`, counted from 0; returns once it is stored or soon will be, and the last one when the
        file is. Raises OutOfOrder, also if the file was abandoned, or TrialProblem if the file can't be stored."""
        if number != self._next:
            raise OutOfOrder
        self._next += 1
        for part in (piece, None) if is_last else (piece,):
            putting = asyncio.ensure_future(self._pieces.put(part))
            await asyncio.wait((putting, self._storing), return_when=asyncio.FIRST_COMPLETED)
            if not putting.done():  # it was refused
                putting.cancel()
                break
        if is_last or self._storing.done():
            await asyncio.wait((self._storing,))
            if self._storing.cancelled():  # another request has abandoned the file
                raise OutOfOrder
            self._storing.result()

    @property
    def is_over(self) -> bool:
        """Whether the file is whole, was refused, or its next piece did not come in time."""
        return self._storing.done()

    async def abandon(self) -> None:
        """Removes what came of the file, if it is not whole."""
        self._storing.cancel()
        await asyncio.gather(self._storing, return_exceptions=True)

    async def _arriving(self) -> AsyncIterator[bytes]:
        while (piece := await asyncio.wait_for(self._pieces.get(), PIECE_SECONDS)) is not None:
            yield piece
