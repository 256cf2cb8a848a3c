"""Where log entries go: JSON lines into a rotated file, and one short line on the terminal for what a manager acts on.

Never a message's text. Ours from `info` up, other libraries' from `warning` up.
"""

import logging
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, TextIO

import structlog

from bot.explain.words import Words, placeholders

LOG_BYTES, OLD_LOGS = 5_000_000, 3  # some 15,000 turns a file; 20 MB on disk at most
LINE_CHARACTERS = 300  # of a terminal line: a provider's error can fill a screen
REPEAT = timedelta(minutes=10)  # within which the same line about the same thing is not repeated
# Each of these follows "nothing was stored", which has a line.
TOLD_ALREADY = ("store.failed", "turn.not_stored", "turn.sent_not_stored", "turn.cost_not_stored", "purge.failed")
OURS = ("bot", "adapters")
CHATTY = ("discord", "nio", "peewee")  # what they say at `warning` we say ourselves, in one line

Event = Mapping[str, Any]


def log_file(database: Path) -> Path:
    """Beside the database."""
    return database.with_name("cameo.log")


def set_up_logs(file: Path, words: Words, *, verbose: bool = False) -> None:
    """Entries go to `file` and, in words, to standard error; with `verbose` the entries themselves go there too. Where
    the file can't be written, one line says so and the rest goes on."""
    terminal = _entries(sys.stderr) if verbose else Terminal(sys.stderr, words, file)
    logging.basicConfig(handlers=[LogFile(file, terminal), terminal], level=logging.WARNING, force=True)
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


class LogFile(RotatingFileHandler):
    """JSON lines; opened at the first entry. What goes wrong is told once, on `terminal`."""

    def __init__(self, path: Path, terminal: logging.Handler, most_bytes: int = LOG_BYTES):
        super().__init__(path, maxBytes=most_bytes, backupCount=OLD_LOGS, encoding="utf-8", delay=True)
        self.setFormatter(_formatter(structlog.processors.format_exc_info, structlog.processors.JSONRenderer()))
        self._terminal, self._has_told = terminal, False

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """By the size so far: the library's own way formats every entry twice."""
        if self.stream is None:
            self.stream = self._open()
        return self.stream.tell() >= self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._has_told:
            self._has_told = True
            error = sys.exc_info()[1]
            why = getattr(error, "strerror", None) or type(error).__name__
            entry = {"event": "log.unwritable", "level": "warning", "file": self.baseFilename, "why": why}
            self._terminal.emit(logging.LogRecord(__name__, logging.WARNING, __file__, 0, entry, (), None))


class Terminal(logging.Handler):
    """One short line for each entry that the catalogue has words for, and for any other warning its name."""

    def __init__(self, stream: TextIO, words: Words, file: Path):
        super().__init__()
        self._stream, self._words, self._file = stream, words, file
        self._last: dict[tuple[str, str], tuple[str, datetime]] = {}  # by what it is about

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event = record.msg if isinstance(record.msg, dict) else {"event": f"{record.name}: {record.getMessage()}"}
            line = self._line(event, record.levelno)
            if line and not self._is_repeat(event, line, datetime.fromtimestamp(record.created)):  # noqa: DTZ006
                print(line, file=self._stream, flush=True)
        except (OSError, ValueError):  # the terminal is gone; the file has it
            return

    def _line(self, event: Event, level: int) -> str:
        name = str(event["event"])
        if name in TOLD_ALREADY or (level < logging.WARNING and f"terminal.{name}" not in self._words.texts):
            return ""
        key = f"terminal.{name}" if f"terminal.{name}" in self._words.texts else "terminal.other"
        values = {"file": self._file, **event}
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


def _entries(stream: TextIO) -> logging.Handler:
    """Whole entries: readable on a terminal, JSON lines elsewhere."""
    handler = logging.StreamHandler(stream)
    if stream.isatty():
        # a plain traceback: the pretty one shows local variables, and those hold what members wrote
        handler.setFormatter(
            _formatter(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
        )
    else:
        handler.setFormatter(_formatter(structlog.processors.format_exc_info, structlog.processors.JSONRenderer()))
    return handler


def _formatter(*renderers: structlog.typing.Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _shared() -> list[structlog.typing.Processor]:
    return [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), _without_empty]


def _without_empty(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: value for key, value in event.items() if value is not None}
