"""Reads server-sent events by their standard, https://html.spec.whatwg.org/multipage/server-sent-events.html. Pure.

The SDK's own reader takes an event without data (`retry`, `id`, a name alone) for a chunk, and ends the answer.
"""

import codecs
import io
from collections.abc import Iterator


class EventReader:
    """Takes the bytes of a stream piece by piece, split anywhere; gives the data of each event that has any. Comments,
    names, ids and retry times are skipped; lines end with LF, CR or CRLF; bytes that are not UTF-8 become U+FFFD."""

    def __init__(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")  # a leading byte order mark is no part of it
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._line: list[str] = []
        self._data: list[str] = []

    def feed(self, piece: bytes, *, final: bool = False) -> Iterator[str]:
        first, *lines = self._decoder.decode(piece, final=final).split("\n")
        self._line.append(first)
        for line in lines:
            yield from self._take("".join(self._line))
            self._line = [line]

    def end(self) -> Iterator[str]:
        """The last event, if the stream ended without the empty line that should follow it. The standard drops such an
        event; but servers forget that line, and the event then holds the end of the answer."""
        yield from self.feed(b"\n\n", final=True)

    def _take(self, line: str) -> Iterator[str]:
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
        elif not line:
            data, self._data = "\n".join(self._data), []
            if data.strip():
                yield data
