"""What people say, for benchmarks: real talk from a data folder, else made up with a natural spread of words."""

import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.types import Author, Message, Room, Thread

WORDS, ROOMS, MEMBERS = 8000, 20, 200
SOUNDS = [consonant + vowel for consonant in "bdfgklmnprstvw" for vowel in "aeio"]


def chat_lines(seed: int = 1) -> Iterator[str]:
    """Endless plain lines of four to fourteen words: the n-th most frequent word is n times rarer than the first."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(SOUNDS, k=chance.randint(1, 4))) for _ in range(WORDS)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))
    while True:
        yield " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(4, 14)))


def made_up(count: int, seed: int = 1) -> list[Message]:
    """Talk of MEMBERS in ROOMS, a message a second, that nobody addresses to us."""
    chance, start = random.Random(seed), datetime.now(UTC) - timedelta(seconds=count)
    rooms = [Thread(Room("local", "bench", f"room-{number}")) for number in range(ROOMS)]
    people = [Author(f"u{number}", f"Member {number}") for number in range(MEMBERS)]
    times = [start + timedelta(seconds=second) for second in range(count)]
    lines = zip(times, chat_lines(seed), strict=False)  # the lines never end
    return [
        Message(f"m{number}", chance.choice(rooms), chance.choice(people), text, at, at)
        for number, (at, text) in enumerate(lines)
    ]


def recorded(folder: Path) -> list[Message]:
    """The messages of a data folder, one JSON object a line: id, room, thread, author, name, bot, text, at ..."""
    with (folder / "messages.jsonl").open(encoding="utf-8") as lines:
        return [_message(json.loads(line)) for line in lines]


def _message(row: dict) -> Message:
    at = datetime.fromisoformat(row["at"])
    return Message(
        row["id"],
        Thread(Room("local", "bench", row["room"]), row["thread"]),
        Author(row["author"], row["name"], is_bot=row["bot"]),
        row["text"],
        at,
        at,
        reply_to=row["reply_to"],
        mentions=tuple(row["mentions"]),
        history=True,
    )
