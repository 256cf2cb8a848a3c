"""Reads the body of an answer, streamed or whole, as JSON chunks. Raises Fault for anything else."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Any

import httpx2

from bot.write.models import faults
from bot.write.models.faults import Fault, FaultKind
from bot.write.models.progress import Progress
from bot.write.models.sse import EventReader

_BLANK = b"\xef\xbb\xbf \t\r\n"  # before the first sign: a byte order mark, and line ends that keep a connection open
DONE = "[DONE]"
DRAIN_SECONDS = 0.1  # for the rest of the body after `[DONE]`: then the connection can be used again


async def whole_answer(response: httpx2.Response, progress: Progress) -> AsyncGenerator[Mapping[str, Any], None]:
    """Yields the chunks up to the end of the answer. Raises Fault if there is none: the answer was cut off. Once the
    server has given its reason to finish, nothing that goes wrong later (such as an unreadable usage) undoes it."""
    try:
        async with aclosing(_chunks(response)) as chunks:
            async for chunk in chunks:
                yield chunk
    except (Fault, httpx2.HTTPError, httpx2.StreamError, ValueError, RecursionError) as error:
        if not progress.finish:
            raise _fault(error) from error


def _fault(error: Exception) -> Fault:
    if isinstance(error, Fault):
        return error
    # a ValueError is TooLarge, or compressed data that can't be read
    why = "unreadable answer" if isinstance(error, ValueError | RecursionError) else "hung up in the middle"
    return Fault(FaultKind.BROKEN, why)


async def _chunks(response: httpx2.Response) -> AsyncGenerator[Mapping[str, Any], None]:
    """The first sign of the body tells its form: content types are often wrong."""
    async with aclosing(response.aiter_bytes()) as body:
        head = await _head(body)
        if head.startswith(b"<"):
            raise Fault(FaultKind.BROKEN, "a web page instead of an answer")
        if head.startswith((b"{", b"[")):
            yield _answer(head + b"".join([piece async for piece in body]))
            return
        reader = ChunkReader()
        piece: bytes | None = head
        while not reader.has_ended and piece is not None:
            for chunk in reader.feed(piece):
                yield chunk
            piece = await (_drain(body) if reader.has_ended else _next(body))
        for chunk in reader.end():
            yield chunk
        if not reader.has_ended:
            raise Fault(FaultKind.BROKEN, "cut off: the stream has no end")


async def _head(body: AsyncIterator[bytes]) -> bytes:
    async for piece in body:
        if head := piece.lstrip(_BLANK):
            return head
    return b""


async def _next(body: AsyncIterator[bytes]) -> bytes | None:
    return await anext(aiter(body), None)


async def _drain(body: AsyncIterator[bytes]) -> None:
    with suppress(httpx2.HTTPError, httpx2.StreamError, TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in body:
                pass


class ChunkReader:
    """The chunks in a stream of events, fed piece by piece. `has_ended`: the stream has told its end. Raises Fault."""

    def __init__(self) -> None:
        self._events = EventReader()
        self.has_ended = False

    def feed(self, piece: bytes) -> Iterator[Mapping[str, Any]]:
        yield from self._read(self._events.feed(piece))

    def end(self) -> Iterator[Mapping[str, Any]]:
        yield from self._read(self._events.end())

    def _read(self, events: Iterator[str]) -> Iterator[Mapping[str, Any]]:
        for data in events:
            self.has_ended = self.has_ended or data.startswith(DONE)
            if self.has_ended:
                return
            for chunk in _parsed(data):
                yield _checked(chunk, "in the stream")


def _parsed(data: str) -> list[Mapping[str, Any]]:
    """The chunk of one event; several, if the server forgets the empty lines between them. Words that are no JSON
    ("ping") say nothing. Raises Fault for an object that can't be read."""
    try:
        found = [json.loads(data)]
    except (ValueError, RecursionError):
        objects = [line for line in data.split("\n") if line.lstrip().startswith("{")]
        found = [_loaded(line, "unreadable stream") for line in objects]
    return [chunk for chunk in found if isinstance(chunk, Mapping)]


def _loaded(text: str | bytes, otherwise: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Fault(FaultKind.BROKEN, otherwise) from error


def _answer(data: bytes) -> Mapping[str, Any]:
    answer = _loaded(data, "unreadable answer")
    if isinstance(answer, list) and answer:  # Gemini puts its errors into a list
        answer = answer[0]
    if not isinstance(answer, Mapping):
        raise Fault(FaultKind.BROKEN, "unreadable answer")
    return _checked(answer, "with status 200")


def _checked(chunk: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The chunk. Raises Fault if it tells an error."""
    error = faults.error_in(chunk)
    if error is None:
        return chunk
    kind, status = faults.sort_event(error)
    raise Fault(kind, f"error {where} {faults.short(error)}".strip(), status=status, body=error)
