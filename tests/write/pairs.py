"""Question pairs: what a room has said, what is asked now, and which line answers. Prints how they are answered.

python -m tests.write.pairs [--held-out]
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.types import Message, Room
from bot.write.pointer import Pointed
from tests.fakes.pointing import Library, library
from tests.fakes.talk import line

FILE = Path(__file__).with_name("pointer_pairs.yaml")
MINUTE = 60.0


@dataclass(frozen=True)
class Pair:
    """`answers`: the ids of the lines that answer; none: nothing does."""

    past: Sequence[Message]
    asked: Message
    answers: frozenset[str]

    @property
    def is_chinese(self) -> bool:
        return not self.asked.text.isascii()


def pairs(which: str) -> list[Pair]:
    """The pairs of "tuned" or "held_out", each in a room of its own."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))[which]
    return [_pair(Room("local", "home", f"{which}{number}"), row) for number, row in enumerate(rows)]


def _pair(room: Room, row: dict[str, Any]) -> Pair:
    past: list[Message] = []
    for number, text in enumerate(row["past"], 1):
        who, _, said = text.partition(": ")
        who, _, to = who.partition(">")
        reply = next((one.id for one in reversed(past) if one.author.name == to), None)
        past.append(line(f"{room.id}.{number}", who, said, number * MINUTE, room, reply_to=reply))
    answer = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
    asked = line(f"{room.id}.asked", "Zoe", row["asked"], 21 * 86400.0, room)
    return Pair(past, asked, frozenset(f"{room.id}.{number}" for number in answer if number))


async def answered(house: Library, some: Sequence[Pair]) -> list[tuple[Pair, Pointed | None]]:
    """What is pointed at for each of the pairs."""
    await house.hears(*(one for pair in some for one in (*pair.past, pair.asked)))
    return [(pair, await house.asks(pair.asked, is_heard=True)) for pair in some]


async def _main(which: str, *, shows: bool) -> None:
    right = wrong = 0
    some = pairs(which)
    with tempfile.TemporaryDirectory() as folder:
        async with library(Path(folder)) as house:
            for pair, pointed in await answered(house, some):
                found = pointed.message.id if pointed else ""
                right += found in pair.answers
                wrong += bool(found) and found not in pair.answers
                if shows and (found not in pair.answers if pair.answers else found):
                    print("missed" if not found else "WRONG", pair.asked.text, "->", pointed and pointed.text)
    print(f"{which}: of {sum(bool(pair.answers) for pair in some)} answerable, {right} right; {wrong} wrong")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.write.pairs", description=__doc__.partition("\n")[0])
    parser.add_argument("--held-out", action="store_true", help="the held-out ones, without their texts")
    held_out = parser.parse_args().held_out
    asyncio.run(_main("held_out" if held_out else "tuned", shows=not held_out))
