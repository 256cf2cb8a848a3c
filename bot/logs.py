"""Logging: JSON lines in a rotated file, and one short line on the terminal for what needs its manager.

Entries contain no text, name or id of a member: turns are named by their own ids, and errors by type and place, since
an error's message may repeat what somebody wrote. Secrets are masked in every entry. Our own entries are kept from
`info` up, those of libraries from `warning` up; `LogFile.purge` removes old ones. Each kind is limited, so that nobody
can flood the log.
"""

import itertools
import json
import logging
import math
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

import structlog

from bot.config.masking import Mask
from bot.explain.words import Words, placeholders

LOG_BYTES, OLD_LOGS = 5_000_000, 3  # about 15,000 turns that speak per file; 20 MB on disk at most
MINUTE = 60.0  # seconds in which entries are counted
MOST_WARNINGS = 60  # entries of one kind in a minute, from `warning` up; with a traceback each about 200 kB
MOST_INFOS = 1_200  # of the others: 20 turns that speak in a second
KINDS_KEPT, KIND_CHARACTERS = 1_000, 100  # against names that somebody else makes up
LINE_CHARACTERS = 300  # of a terminal line: a provider's error can fill a screen
REPEAT = timedelta(minutes=10)  # the same line about the same thing is not repeated within this time
# Each of these follows "nothing was stored", which has its own line.
COVERED = ("store.failed", "turn.not_stored", "turn.delivery_not_stored", "turn.cost_not_stored", "purge.failed")
ERASED = b"..."  # in place of a word that must go
OURS = ("bot", "adapters")
CHATTY = ("discord", "nio", "peewee")  # we log what they warn about ourselves, in one line

Event = Mapping[str, Any]


def log_file(database: Path) -> Path:
    """The log file, beside the database."""
    return database.with_name("cameo.log")


def set_up_logs(file: Path, words: Words, mask: Mask | None = None, *, verbose: bool = False) -> "LogFile":
    """Sends entries to `file` and, in words, to standard error; with `verbose`, standard error gets the whole entries.
    `mask` hides the secrets that it knows, also those that it learns later. If the file can't be written, one line on
    the terminal says so, and Cameo continues."""
    # What no entry shows is not looked up for it (see "Optimization" in the documentation of `logging`).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    mask = mask or Mask()
    terminal = _entries(sys.stderr, mask) if verbose else Terminal(sys.stderr, words, file, mask)
    kept = LogFile(file, terminal, mask=mask)
    logging.basicConfig(handlers=[LimitedLog(kept, terminal)], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return kept


@dataclass(slots=True)
class Kind:
    """Entries of one kind since `began` (seconds): written, and left out."""

    began: float
    written: int = 0
    left_out: int = 0


class LimitedLog(logging.Handler):
    """Passes entries on to handlers, of each kind at most so many a minute, and then how many were left out. Otherwise
    whoever can provoke an entry could fill the log, and push out what it said before.

    A kind is a name of ours, or the logger of a library, with the level."""

    def __init__(self, *handlers: logging.Handler):
        super().__init__()
        self._handlers = handlers
        self._kinds: dict[tuple[str, int], Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        name = record.msg.get("event") if isinstance(record.msg, dict) else record.name
        key, now = (str(name)[:KIND_CHARACTERS], record.levelno), record.created
        kind = self._kinds.get(key)
        if kind is None or not 0 <= now - kind.began < MINUTE:  # also if the clock was set back
            self._end_minutes(now)
            kind = self._kinds[key] = Kind(now)
        if kind.written < (MOST_WARNINGS if record.levelno >= logging.WARNING else MOST_INFOS):
            kind.written += 1
            self._pass_on(record)
        else:
            kind.left_out += 1

    def close(self) -> None:
        self._end_minutes(math.inf)
        for handler in self._handlers:
            handler.close()
        super().close()

    def _end_minutes(self, now: float) -> None:
        """Forgets the kinds whose minute is over, and writes what was left out of each. If there are too many kinds,
        all are over."""
        is_full = len(self._kinds) >= KINDS_KEPT
        for key, kind in list(self._kinds.items()):
            if is_full or not 0 <= now - kind.began < MINUTE:
                del self._kinds[key]
                if kind.left_out:
                    event = {"event": "log.left_out", "level": "warning", "kind": key[0], "count": kind.left_out}
                    self._pass_on(logging.LogRecord(__name__, logging.WARNING, __file__, 0, event, (), None))

    def _pass_on(self, record: logging.LogRecord) -> None:
        for handler in self._handlers:
            handler.handle(record)


class LogFile(RotatingFileHandler):
    """A rotated file of JSON lines, opened at the first entry. Reports its first error on `terminal`."""

    def __init__(self, path: Path, terminal: logging.Handler, most_bytes: int = LOG_BYTES, mask: Mask | None = None):
        super().__init__(path, maxBytes=most_bytes, backupCount=OLD_LOGS, encoding="utf-8", delay=True)
        self.setFormatter(_formatter(mask or Mask(), structlog.processors.JSONRenderer()))
        self._terminal, self._has_reported = terminal, False

    def purge(self, before: datetime) -> int:
        """Removes the entries from before then; returns their number. Files that can't be changed are left, and
        reported as one that can't be written."""
        self.acquire()
        try:
            if self.stream is not None:
                self.stream.close()
                self.stream = None  # the library opens it again for the next entry
            return sum(_cut_off(path, before) for path in self._files())
        except OSError:
            self.handleError(logging.makeLogRecord({}))
            return 0
        finally:
            self.release()

    def erase(self, word: str) -> int:
        """Takes a word (a member's id) out of all entries; returns the number of files that had it. Raises OSError."""
        self.acquire()
        try:
            if self.stream is not None:
                self.stream.close()
                self.stream = None
            return sum(_rewritten(path, word) for path in self._files())
        finally:
            self.release()

    def _files(self) -> list[Path]:
        own = Path(self.baseFilename)
        rotated = (own.with_name(f"{own.name}.{number}") for number in range(1, OLD_LOGS + 1))
        return [path for path in (own, *rotated) if path.exists()]

    def filter(self, record: logging.LogRecord) -> bool:
        """Leaves out entries that are only for the terminal, because nothing may keep them."""
        return bool(super().filter(record)) and not (isinstance(record.msg, dict) and record.msg.get("unkept"))

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Checks the size so far; the library's own check formats every entry twice."""
        if self.stream is None:
            self.stream = self._open()
        return self.stream.tell() >= self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._has_reported:
            self._has_reported = True
            error = sys.exc_info()[1]
            why = getattr(error, "strerror", None) or type(error).__name__
            entry = {"event": "log.unwritable", "level": "warning", "file": self.baseFilename, "why": why}
            self._terminal.emit(logging.LogRecord(__name__, logging.WARNING, __file__, 0, entry, (), None))


def _cut_off(path: Path, before: datetime) -> int:
    """Rewrites a log file without its entries from before then, or removes it if none is left; does nothing if there
    are none. Returns their number."""
    with path.open(encoding="utf-8", errors="replace") as file:
        old = sum(1 for _ in itertools.takewhile(lambda line: _is_old(line, before), file))
    if not old:
        return 0
    aside = path.with_name(f".{path.name}.new")
    with path.open("rb") as file, aside.open("wb") as left:
        for line in itertools.islice(file, old, None):
            left.write(line)
    if aside.stat().st_size:
        aside.replace(path)
    else:
        aside.unlink()
        path.unlink()
    return old


def _rewritten(path: Path, word: str) -> bool:
    """Whether the file had the word, as text or in JSON; it has not any more."""
    before = path.read_bytes()
    left = before
    for form in {word, json.dumps(word)[1:-1]} - {""}:
        left = left.replace(form.encode("utf-8", "replace"), ERASED)
    if left == before:
        return False
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(left)
    aside.replace(path)
    return True


def _is_old(line: str, before: datetime) -> bool:
    """A line that is no entry (cut off by a crash) goes with those around it."""
    try:
        return datetime.fromisoformat(json.loads(line)["timestamp"]) < before
    except (ValueError, LookupError, TypeError, RecursionError):
        return True


def _places(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replaces the exception by its traceback without messages."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        event["exception"] = "".join(_frames(error))
    return event


def _frames(error: BaseException) -> Iterator[str]:
    """The frames and the type of an error, after those of the error that it followed."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _frames(before)
        yield "\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n".removeprefix("builtins.")
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _frames(part)


class Terminal(logging.Handler):
    """Prints one short line for each entry that has words in the catalogue, and the name of any other warning."""

    def __init__(self, stream: TextIO, words: Words, file: Path, mask: Mask | None = None):
        super().__init__()
        self._mask = mask or Mask()
        self._stream, self._words, self._file = stream, words, file
        self._last: dict[tuple[str, str], tuple[str, datetime]] = {}  # by event family and platform

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event = record.msg if isinstance(record.msg, dict) else {"event": f"{record.name}: {record.getMessage()}"}
            line = self._line(event, record.levelno)
            if line and not self._is_repeat(event, line, datetime.fromtimestamp(record.created)):  # noqa: DTZ006
                print(line, file=self._stream, flush=True)
        except (OSError, ValueError):  # the terminal is closed; the entry is in the file
            return

    def _line(self, event: Event, level: int) -> str:
        name = str(event["event"])
        if name in COVERED or (level < logging.WARNING and f"terminal.{name}" not in self._words.texts):
            return ""
        key = f"terminal.{name}" if f"terminal.{name}" in self._words.texts else "terminal.other"
        values = self._mask.entry({"file": self._file, **event})
        text = self._words.say(key, **{one: values.get(one, "?") for one in placeholders(self._words.texts[key]["en"])})
        line = " ".join(text.split())
        return line if len(line) <= LINE_CHARACTERS else f"{line[: LINE_CHARACTERS - 1]}…"

    def _is_repeat(self, event: Event, line: str, now: datetime) -> bool:
        about = str(event["event"]).split(".", maxsplit=1)[0], str(event.get("platform", ""))
        said, at = self._last.get(about, ("", now))
        if said == line and now - at < REPEAT:
            return True
        self._last[about] = line, now
        return False


def _entries(stream: TextIO, mask: Mask) -> logging.Handler:
    """A handler for whole entries: readable on a terminal, JSON lines elsewhere."""
    handler = logging.StreamHandler(stream)
    if stream.isatty():  # no colours, since standard error lets no control characters through
        renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=False)
    else:
        renderer = structlog.processors.JSONRenderer()
    handler.setFormatter(_formatter(mask, renderer))
    return handler


def _formatter(mask: Mask, renderer: structlog.typing.Processor) -> logging.Formatter:
    def masked(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return mask.entry(event)

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _places, masked, renderer],
    )


def _shared() -> list[structlog.typing.Processor]:
    return [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), _without_empty]


def _without_empty(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: value for key, value in event.items() if value is not None}
