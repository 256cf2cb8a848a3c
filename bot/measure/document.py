"""A large JSON object whose `messages` are read one by one, so that the file is never held whole."""

import json
from collections.abc import Iterator
from typing import IO, Any

from bot.measure.lines import whole

PARSED_BYTES = 1 << 18  # bytes per read
LONGEST_VALUE = 16_000_000  # characters; a message of an export with all its embeds is far below that
DECODE = json.JSONDecoder().raw_decode
BLANK = " \t\r\n,"


class Torn(ValueError):
    """The document ends, or stops being JSON, in the middle."""


class Document:
    """Reads the document. `header` holds the values before the messages. Raises Torn where the JSON breaks off."""

    def __init__(self, file: IO[bytes]):
        self._file, self._text, self._at = file, "", 0
        self._rest = b""
        self.header: dict[str, Any] = {}
        self._expect("{")
        self._has_messages = self._read_header()

    def messages(self) -> Iterator[Any]:
        """Yields each element of `messages`, of any type. Raises Torn where the JSON breaks off."""
        if not self._has_messages:
            return
        while self._peek() != "]":
            yield self._value()

    def _read_header(self) -> bool:
        while self._peek() not in ("}", ""):
            key = self._value()
            self._expect(":")
            if key == "messages":
                self._expect("[")
                return True
            self.header[str(key)] = self._value()
        return False

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise Torn(f"expected {sign!r}")
        self._at += 1

    def _peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = DECODE(self._text, self._at)
                value = whole(value)
            except (ValueError, RecursionError):
                pass
            else:
                if end < len(self._text):  # a number at the very end may be incomplete
                    self._at = end
                    return value
            if len(self._text) - self._at > LONGEST_VALUE or not self._more():
                raise Torn("the JSON breaks off")

    def _more(self) -> bool:
        """Reads more of the file: twice as much each time a value does not fit, so that a long one is not parsed again
        and again."""
        self._text, self._at = self._text[self._at :], 0
        data = self._file.read(max(PARSED_BYTES, 2 * len(self._text)))
        if not data:
            return False
        self._text += self._decoded(data)
        return True

    def _decoded(self, data: bytes) -> str:
        """The data as UTF-8. Keeps half a character for the next chunk; a byte-order mark and broken bytes do no
        harm."""
        data = self._rest + data
        end = len(data)
        for back in range(1, min(4, end) + 1):
            if data[-back] & 0xC0 == 0xC0:  # a character begins here: is it complete?
                length = 2 + (data[-back] >= 0xE0) + (data[-back] >= 0xF0)
                end = end - back if back < length else end
                break
            if data[-back] < 0x80:
                break
        self._rest = data[end:]
        return data[:end].decode("utf-8", "replace").lstrip("\ufeff")
