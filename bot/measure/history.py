"""Recorded history in any format: a file or a folder of files, read once, in order of time, never held whole."""

import gzip
import heapq
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from bot.measure import lines
from bot.measure.document import Document, Torn
from bot.measure.exports import ReadExport, in_order, translator
from bot.measure.formats import INSTEAD, other_format
from bot.measure.lines import Broken, Complain
from bot.remember import export
from bot.types import Message, SettingsError

SUFFIXES = (".json", ".jsonl", ".ndjson", ".db", ".sqlite", ".sqlite3")
SQLITE = b"SQLite format 3\x00"
# An export begins with one of these, JSON Lines with something else.
DOCUMENT = re.compile(rb'^(?:\xef\xbb\xbf)?\s*\{\s*"(?:guild|channel|room_name|room_creator|topic|messages)"\s*:')
SNIFFED_BYTES = 4096  # bytes from which the format is recognised
DAMAGED = (OSError, EOFError, zlib.error)  # a damaged disk, and an archive that is cut off or damaged
SHOWN_COMPLAINTS = 20  # broken lines printed one by one; the rest are only counted
KNOWN_IDS = 50_000  # window in which repeated ids are noticed: far more than any platform replays


def print_complaint(complaint: str) -> None:
    print(complaint, file=sys.stderr)  # noqa: T201 - a command line prints


class Source(Protocol):
    """One file."""

    path: Path

    def messages(self, complain: Complain) -> Iterator[Message]: ...

    def records_us(self) -> bool: ...

    def done(self) -> float:
        """How much of the file was read, 0 to 1."""


@dataclass(slots=True)
class TextFile:
    """A file of JSON Lines or an export, with or without gzip. `us` are the ids of our own account."""

    path: Path
    is_document: bool
    us: frozenset[str]
    readers: Sequence[ReadExport] = ()
    _raw: IO[bytes] | None = None
    _size: int = 1
    _is_read: bool = False

    def messages(self, complain: Complain) -> Iterator[Message]:
        with self.path.open("rb") as self._raw:
            self._size = max(1, self.path.stat().st_size)
            file = _unpacked(self.path, self._raw)
            try:
                yield from self._exported(file, complain) if self.is_document else lines.read_lines(file, complain)
            except DAMAGED as error:
                complain("", f"can't be read any further ({error})")
        self._is_read = True

    def _exported(self, file: IO[bytes], complain: Complain) -> Iterator[Message]:
        return in_order(self._translated(file, complain))

    def records_us(self) -> bool:
        with self.path.open("rb") as raw:
            file = _unpacked(self.path, raw)
            try:
                if not self.is_document:
                    return lines.records_us(file)
                heard = self._translated(file, lambda place, what: None)
                return bool(self.us) and any(message.author.is_self for message in heard)
            except DAMAGED:
                return False  # told when the messages are read

    def _translated(self, file: IO[bytes], complain: Complain) -> Iterator[Message]:
        number = 0
        try:
            document = Document(file)
            translate = translator(document.header, self.us, self.readers)
            for number, row in enumerate(document.messages(), 1):
                try:
                    if message := translate(row):
                        yield message
                except Broken as error:
                    complain(f"message {number}", str(error))
        except Broken as error:
            complain("", str(error))
        except Torn as error:
            complain(f"message {number + 1}", f"{error}; the rest is left out")

    def done(self) -> float:
        if self._raw is None or self._raw.closed:
            return float(self._is_read)
        return min(1.0, self._raw.tell() / self._size)


@dataclass(slots=True)
class Database:
    """A database of Cameo's own."""

    path: Path
    _read: int = 0
    _all: int = 1

    def messages(self, complain: Complain) -> Iterator[Message]:
        self._all = max(1, export.counts(self.path)[0])
        for message in export.recorded(self.path):
            self._read += 1
            yield message

    def records_us(self) -> bool:
        return export.counts(self.path)[1] > 0

    def done(self) -> float:
        return self._read / self._all


@dataclass(slots=True)
class RecordedHistory:
    """Messages of several files. `broken` counts the lines that were skipped; with `strict`, the first one raises.
    `tell` gets the first complaints."""

    sources: list[Source]
    strict: bool = False
    broken: int = 0
    tell: Callable[[str], None] = print_complaint
    _known: "RecentIds" = field(default_factory=lambda: RecentIds(KNOWN_IDS))

    def __iter__(self) -> Iterator[Message]:
        """Yields the messages in the order in which they were heard. Raises SettingsError if `strict` and a line is
        broken."""
        for message in self._merged():
            if self._known.has((message.thread.room.platform, message.id)):
                self._complain(None, f"message {message.id!r}", "was read before")
            else:
                yield message

    def records_us(self) -> bool:
        """Whether the history holds messages of ours. They stand in for the replies that we would have written."""
        return any(source.records_us() for source in self.sources)

    def done(self) -> float:
        """How much was read, 0 to 1."""
        return sum(source.done() for source in self.sources) / max(1, len(self.sources))

    def _merged(self) -> Iterator[Message]:
        """Merges the files by time. Each is opened only when its first message is due: a server has more threads than a
        process may have open files."""
        if len(self.sources) == 1:
            yield from self._open(self.sources[0])
            return
        waiting = sorted(self._beginnings(), key=lambda one: (one[0], one[1]), reverse=True)
        heap: list[tuple[datetime, int, Message, Iterator[Message]]] = []
        while heap or waiting:
            while waiting and (not heap or waiting[-1][0] <= heap[0][0]):
                _, number, source = waiting.pop()
                _push(heap, number, self._open(source))
            if heap:
                _, number, message, messages = heapq.heappop(heap)
                yield message
                _push(heap, number, messages)

    def _beginnings(self) -> Iterator[tuple[datetime, int, Source]]:
        for number, source in enumerate(self.sources):
            first = next(source.messages(lambda place, what: None), None)
            if first is not None:
                yield first.heard, number, source

    def _open(self, source: Source) -> Iterator[Message]:
        return source.messages(lambda place, what: self._complain(source.path, place, what))

    def _complain(self, path: Path | None, place: str, what: str) -> None:
        self.broken += 1
        complaint = ": ".join(filter(None, (str(path or ""), place, what)))
        if self.strict:
            raise SettingsError([f"{complaint}; fix it, or leave out --strict to skip it"])
        if self.broken <= SHOWN_COMPLAINTS:
            self.tell(complaint)


class RecentIds:
    """Ids seen lately: at least the last `most`, at most twice as many."""

    def __init__(self, most: int):
        self._most = most
        self._young: set[object] = set()
        self._old: set[object] = set()

    def knows(self, key: object) -> bool:
        return key in self._young or key in self._old

    def has(self, key: object) -> bool:
        """Whether the key was seen before; from now on it was."""
        if key in self._young or key in self._old:
            return True
        self._young.add(key)
        if len(self._young) >= self._most:
            self._young, self._old = set(), self._young
        return False


def find(
    path: Path, us: frozenset[str] = frozenset(), readers: Sequence[ReadExport] = (), *, strict: bool = False
) -> RecordedHistory:
    """The history at `path`; `us` are the ids of our own account in exports, which `readers` read. Raises SettingsError
    if there is none, or a file is of a format that can't be read."""
    try:
        files = _files(path) if path.is_dir() else [path]
        sources = [_source(file, us, readers) for file in files]
    except OSError as error:
        raise SettingsError([f"{path}: can't be read ({error.strerror or error}); name a file or a folder"]) from error
    if not sources:
        raise SettingsError([f"{path}: there is no history in it; name a folder of {', '.join(SUFFIXES)} files"])
    return RecordedHistory(sources, strict)


def _files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if path.name.removesuffix(".gz").endswith(SUFFIXES)]


def _source(path: Path, us: frozenset[str], readers: Sequence[ReadExport]) -> Source:
    with path.open("rb") as raw:
        head = raw.read(len(SQLITE))
        raw.seek(0)
        if head == SQLITE and not export.is_cameos(path):
            raise SettingsError([f"{path}: is a database of another program, or damaged; {INSTEAD}"])
        if head == SQLITE:
            return Database(path)
        try:
            head = _unpacked(path, raw).read(SNIFFED_BYTES)
        except DAMAGED:
            head = b""  # reported when the file is read
    if found := other_format(head):
        raise SettingsError([f"{path}: is {found[0]}, which can't be replayed; {found[1]}"])
    return TextFile(path, is_document(head), us, readers)


def is_document(head: bytes) -> bool:
    """Whether a file that begins so is one JSON object with messages, rather than JSON Lines."""
    return bool(DOCUMENT.match(head))


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    return gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw  # type: ignore[return-value]


def _push(heap: list[tuple[datetime, int, Message, Iterator[Message]]], number: int, of: Iterator[Message]) -> None:
    if (message := next(of, None)) is not None:
        heapq.heappush(heap, (message.heard, number, message, of))
