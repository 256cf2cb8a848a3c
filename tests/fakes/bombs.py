"""Servers that send too much: a raw HTTP server on loopback, and bodies that are small only while compressed."""

import asyncio
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MEGABYTE = 1_000_000


def gzipped(beginning: bytes, filler: bytes, megabytes: int) -> bytes:
    """A gzip file of `beginning` and that many million bytes; the same compressed block is repeated."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(beginning) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(filler * (MEGABYTE // len(filler))) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * megabytes


@dataclass
class Answer:
    """A response; `pieces` are sent until the client hangs up or they end."""

    headers: dict[str, str]
    pieces: Iterator[bytes]
    status: int = 200


@dataclass
class RawServer:
    """Answers one request a connection, by its head, and closes it. `sent` counts the bytes that were taken."""

    answer: Callable[[bytes], Answer]
    sent: int = 0
    asked: list[bytes] = field(default_factory=list)

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            self.asked.append(head)
            await self._send(self.answer(head), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _send(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in answer.headers.items())]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        for piece in answer.pieces:
            writer.write(piece)
            await writer.drain()
            self.sent += len(piece)


def endless(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece
