"""Messages for benchmarks: real talk from a data folder, else made up with a natural distribution of words."""

import itertools
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.types import Author, Message, Room, Thread

WORDS, ROOMS, MEMBERS = 8000, 20, 200
SOUNDS = [consonant + vowel for consonant in "bdfgklmnprstvw" for vowel in "aeio"]


def lines(count: int, words: Sequence[str] = ()) -> list[str]:
    """Lines of four to fourteen words; the n-th most frequent word is n times rarer than the first (Zipf). Without
    `words`, the words are made up."""
    chance = random.Random(1)
    words = words or ["".join(chance.choices(SOUNDS, k=chance.randint(1, 4))) for _ in range(WORDS)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    return [" ".join(chance.choices(words, cum_weights=weights, k=chance.randint(4, 14))) for _ in range(count)]


def made_up(count: int) -> list[Message]:
    """One message a second, by MEMBERS in ROOMS, addressed to nobody."""
    start = datetime.now(UTC) - timedelta(seconds=count)
    return [_message(number, text, start + timedelta(seconds=number)) for number, text in enumerate(lines(count))]


def _message(number: int, text: str, at: datetime) -> Message:
    author = Author(f"u{number * 7 % MEMBERS}", "Somebody")
    return Message(f"m{number}", Thread(Room("local", "bench", f"r{number % ROOMS}")), author, text, at, at)


def recorded(folder: Path) -> list[Message]:
    """The messages of a data folder, one JSON object per line: id, room, thread, author, name, bot, text, at ..."""
    with (folder / "messages.jsonl").open(encoding="utf-8") as rows:
        return [_said_then(json.loads(row)) for row in rows]


def _said_then(row: dict[str, Any]) -> Message:
    at, thread = datetime.fromisoformat(row["at"]), Thread(Room("local", "bench", row["room"]), row["thread"])
    author = Author(row["author"], row["name"], is_bot=row["bot"])
    mentions = tuple(row["mentions"])
    return Message(row["id"], thread, author, row["text"], at, at, row["reply_to"], mentions, history=True)
