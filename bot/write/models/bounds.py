"""Bounds what a model server may send: its bytes are counted after decompression, and in small pieces.

The HTTP library would decompress a whole network read at once, and keep as much as comes.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import httpx2

BODY_BYTES = 4_000_000  # of an answer that is not streamed; the longest list of models there is has 1 MB
STREAM_BYTES = 16_000_000  # of a stream: 50,000 events of 300 bytes, the longest reasoning that is let through
EVENT_BYTES = 1_000_000  # of one event: a server that sends its whole answer in one needs less
PIECE_BYTES = 65_536
ENCODINGS = ("gzip", "deflate")  # those that we ask for
_KEPT = 16  # bytes of the last piece, in which the end of an event or of the stream may have begun
_ANY_ZLIB = zlib.MAX_WBITS | 32  # gzip or zlib, by the header


class TooLarge(ValueError):
    """The server sends more than any answer needs, or in an encoding that we did not ask for."""


class BoundedBody(httpx2.AsyncByteStream):
    """The decompressed body of a response. Iterating raises TooLarge."""

    def __init__(self, raw: httpx2.AsyncByteStream, encoding: str, *, is_stream: bool):
        self._raw, self._encoding = raw, encoding
        self._most, self._most_event = (STREAM_BYTES, EVENT_BYTES) if is_stream else (BODY_BYTES, BODY_BYTES)
        self._bytes = self._event_bytes = 0
        self._last = b"\n"  # a stream begins with a line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        decompress = _decompress(self._encoding)
        async for raw in self._raw:
            for piece in decompress(raw):
                self._count(piece)
                yield piece
                await asyncio.sleep(0)  # one network read may hold thousands of pieces, and others wait for the loop

    async def aclose(self) -> None:
        await self._raw.aclose()

    def _count(self, piece: bytes) -> None:
        seen = self._last + piece
        is_end_of_event = b"\n\n" in seen or b"\n\r\n" in seen or b"\r\r" in seen
        self._bytes += len(piece)
        self._event_bytes = 0 if is_end_of_event else self._event_bytes + len(piece)
        self._last = seen[-_KEPT:]
        if self._bytes > self._most or self._event_bytes > self._most_event:
            raise TooLarge(f"more than {self._most} bytes, or {self._most_event} in one event")


async def bound(response: httpx2.Response) -> None:
    """A hook of the HTTP client: bounds the response's body. Raises TooLarge for an encoding that we can't bound."""
    encoding = response.headers.pop("content-encoding", "identity").strip().lower()
    is_stream = "event-stream" in response.headers.get("content-type", "")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = BoundedBody(response.stream, encoding, is_stream=is_stream)


def _decompress(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    """A function that decompresses the body read by read, in pieces of at most PIECE_BYTES."""
    if encoding in ("", "identity"):
        return _unchanged
    if encoding not in ENCODINGS:
        raise TooLarge(f"an encoding that was not asked for: {encoding[:40]!r}")
    return partial(_inflate, zlib.decompressobj(_ANY_ZLIB))


def _unchanged(raw: bytes) -> Iterator[bytes]:
    yield raw


def _inflate(inflater: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    while raw:
        try:
            piece = inflater.decompress(raw, PIECE_BYTES)
        except zlib.error as error:
            raise TooLarge("compressed data that can't be read") from error
        raw = inflater.unconsumed_tail
        yield piece
