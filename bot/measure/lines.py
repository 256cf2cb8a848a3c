"""Recorded history as JSON Lines: one message per line, in order of time."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

import orjson

from bot.types import Author, Message, Part, PartKind, Room, Thread

US = "cameo"
"""The id by which recorded mentions name us, whichever account we would have had there."""

# Bytes. No platform has messages of a megabyte, and a file without line ends would never end.
LONGEST_LINE = 4_000_000
# there must be room for a hold after a message
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
CACHED = 10_000  # authors and threads shared between messages; cleared beyond that, so that memory is bounded
OWN_LINE = re.compile(rb'"self"\s*:\s*true')  # the text of a message can't contain it: there its quotes are escaped
READ_BYTES = 1 << 20

Complain = Callable[[str, str], None]
"""Takes the place of what is broken ("line 7"; empty for the whole file), and what is wrong with it."""


def read_lines(file: IO[bytes], complain: Complain) -> Iterator[Message]:
    """Yields the messages of a file. A line that is no message is reported to `complain` and skipped."""
    shape = Shape()
    for number, line in enumerate(_lines(file), 1):
        if line.isspace():
            continue
        try:
            yield shape.message(_object(line))
        except Broken as error:
            complain(f"line {number}", str(error))
        except (ValueError, RecursionError) as error:
            what = "too long" if len(line) == LONGEST_LINE else f"not JSON ({type(error).__name__})"
            complain(f"line {number}", what)


def records_us(file: IO[bytes]) -> bool:
    """Whether any line says that it is ours."""
    tail = b""
    while chunk := file.read(READ_BYTES):
        if OWN_LINE.search(tail + chunk):
            return True
        tail = chunk[-64:]
    return False


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)


def _object(line: bytes) -> Any:
    """The line as JSON. The standard library may read what orjson rejects: a byte-order mark, or half an emoji. Raises
    ValueError, RecursionError."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return whole(json.loads(line.decode("utf-8-sig")))


def whole(value: Any) -> Any:
    """The value with half an emoji, from a text that was cut, replaced by "?", because nothing could encode it. Raises
    RecursionError."""
    try:
        orjson.dumps(value)  # faster than a copy, and almost no value needs one
    except orjson.JSONEncodeError:
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value


class Broken(ValueError):
    """A row that is no message; its text says what is wrong with it."""


class Shape:
    """Makes messages from rows; equal rooms, threads and authors share one object."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._threads: dict[tuple[str, str | None], Thread] = {}
        self._authors: dict[tuple[str, str, bool, bool], Author] = {}

    def message(self, row: Any) -> Message:
        """The message in a row of JSON Lines. Raises Broken."""
        if type(row) is not dict:
            raise Broken("not an object")
        get = row.get
        id, room, author = get("id"), get("room"), get("author")
        if not (type(id) is type(room) is type(author) is str and id and room and author):
            raise Broken(_missing(row, ("id", "room", "author")))
        text, thread, reply_to = get("text"), get("thread"), get("reply_to")
        if type(text) is not str:
            raise Broken(_missing(row, ("text",)))
        if not ((thread is None or type(thread) is str) and (reply_to is None or type(reply_to) is str)):
            raise Broken("thread and reply_to must be an id or null")
        at = moment(get("at"))
        called = _texts("mentions", get("mentions"))
        is_self, is_post = get("self") is True, thread is not None and thread == id
        return Message(
            id, self.thread(room, thread), self.author(author, get("name"), get("bot") is True, is_self), text, at, at,
            reply_to, called, US in called and not is_self, is_post, _heading(row) if is_post else (),
        )  # fmt: skip

    def thread(self, room: str, root: str | None, name: str = "") -> Thread:
        key = room, root
        found = self._threads.get(key)
        if found is None:
            if len(self._threads) > CACHED:
                self._threads.clear()
            place = self._rooms.get(room)
            if place is None:
                place = self._rooms[room] = Room("replay", "-", room, name)
            found = self._threads[key] = Thread(place, root)
        return found

    def author(self, id: str, name: Any, is_bot: bool, is_self: bool = False) -> Author:
        key = id, name if type(name) is str and name else id, is_bot or is_self, is_self
        found = self._authors.get(key)
        if found is None:
            if len(self._authors) > CACHED:
                self._authors.clear()
            found = self._authors[key] = Author(*key)
        return found


def moment(text: Any) -> datetime:
    """An ISO 8601 time in UTC; a time without a zone is taken as UTC. Raises Broken."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not UTC:
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Broken("at is not a time such as 2026-01-05T12:00:00Z") from None
    if not EARLIEST <= at < LATEST:
        raise Broken("at is out of range")
    return at


def _heading(row: dict[str, Any]) -> tuple[Part, ...]:
    """The title and the tags of a post, as an adapter would have told them. Raises Broken."""
    title, tags = row.get("title"), row.get("tags")
    if not (title or tags):
        return ()
    if type(title or "") is not str:
        raise Broken("title must be a text")
    lines = (
        " ".join((title or "").split()),
        ", ".join(filter(None, (" ".join(tag.split()) for tag in _texts("tags", tags)))),
    )
    return tuple(Part(kind, line) for kind, line in zip((PartKind.TITLE, PartKind.TAGS), lines, strict=True) if line)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    if type(value) is not list or set(map(type, value)) != {str}:
        raise Broken(f"{name} must be a list of {'ids' if name == 'mentions' else 'texts'}")
    return tuple(value)


def _missing(row: dict[str, Any], names: tuple[str, ...]) -> str:
    name = next(name for name in names if type(row.get(name)) is not str or not row[name])
    return f"{name} is missing or not a text"
