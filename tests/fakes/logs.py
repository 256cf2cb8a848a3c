"""Logs as a start of Cameo sets them up, for as long as a test needs them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot.logs import set_up_logs
from tests.fakes.shipped import shipped_words


@contextmanager
def started_logs(file: Path, *, verbose: bool = False) -> Iterator[None]:
    """Afterwards all is as before, for the tests that follow in this process."""
    before = logging.root.handlers[:], logging.root.level
    set_up_logs(file, shipped_words(), verbose=verbose)
    structlog.configure(cache_logger_on_first_use=False)  # else a module's logger keeps these processors for ever
    try:
        yield
    finally:
        for handler in logging.root.handlers:
            if handler not in before[0]:
                handler.close()
        logging.root.handlers[:], logging.root.level = before
        for name in ("bot", "adapters", "discord", "nio", "peewee"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        structlog.reset_defaults()
