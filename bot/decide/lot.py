"""Lots: random numbers that are the same at every look."""

from bot.decide.pseudonyms import digest
from bot.types import Message

COVERAGE = ""
"""The purpose of the lot for `coverage`. Every other purpose has a name."""


def lot(message: Message, purpose: str) -> float:
    """A number in [0, 1), deterministic for a message and a purpose ("hold-out", an experiment's name). The lots of two
    purposes are independent."""
    salt = (purpose,) if purpose else ()
    return int(digest(message.thread.room.platform, message.id, *salt)[:8], 16) / 0x1_0000_0000
