"""Made-up communities with known answer times: is a risk kept where nothing was tuned, also in a room whose pace
differs from its community's, and where people sleep?"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from bot.decide.times import DAY
from bot.measure.outcomes import Truth
from tests.bench.variants import HORIZON, Variant

DAYS, PEOPLE = 60, 50
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
WAKES, AWAKE = 8 * 3600.0, 15 * 3600.0  # seconds: awake from eight to eleven in the evening, in a room that sleeps


@dataclass(frozen=True)
class Pace:
    """`posts` a day; half of the answers come within `median` seconds, with `spread` of log time."""

    posts: float
    median: float
    spread: float
    never: float
    sleeps: bool = False


def community(name: str, rooms: Sequence[Pace], seed: int) -> tuple[Variant, Truth]:
    """A history in threads, and the thread of each message."""
    threads = (_room(number, pace, random.Random(f"{seed} {number}")) for number, pace in enumerate(rooms))
    rows = [_row(f"{number}", *said) for number, said in enumerate(sorted(chain(*threads)))]
    first = {row["thread"]: row["id"] for row in reversed(rows)}
    rows = [row | {"thread": first[row["thread"]]} for row in rows]
    return Variant(name, tuple(rows), DAY / HORIZON), {row["id"]: (row["thread"], True) for row in rows}


def _room(number: int, pace: Pace, chance: random.Random) -> Iterator[tuple[float, str, str, str, str]]:
    """(seconds since the beginning, room, thread, author, text), thread by thread."""
    awake = AWAKE if pace.sleeps else DAY
    passed, count = 0.0, 0
    while (passed := passed + chance.expovariate(pace.posts / awake)) < DAYS * awake:
        room, thread, count = f"room {number}", f"{number}.{count}", count + 1
        yield _by_clock(passed, pace), room, thread, f"asks {chance.randrange(PEOPLE)}", "How do I do this?"
        if chance.random() >= pace.never:
            answered = passed + pace.median * math.exp(chance.gauss(0, pace.spread))
            for _ in range(chance.choice((1, 1, 2, 3))):
                yield _by_clock(answered, pace), room, thread, f"answers {chance.randrange(PEOPLE)}", "Try this."
                answered += chance.expovariate(1 / 300)


def _by_clock(awake: float, pace: Pace) -> float:
    """Seconds since the beginning, from seconds in which people were awake."""
    if not pace.sleeps:
        return awake
    days, rest = divmod(awake, AWAKE)
    return days * DAY + WAKES + rest


def _row(id: str, seconds: float, room: str, thread: str, author: str, text: str) -> dict[str, Any]:
    return {
        "id": id, "room": room, "thread": thread, "author": author, "name": author, "bot": False, "text": text,
        "at": (BEGIN + timedelta(seconds=seconds)).isoformat(), "reply_to": None, "mentions": [],
    }  # fmt: skip


SLOW, FAST, USUAL = Pace(3, 3600, 1.5, 0.4), Pace(100, 30, 1.0, 0.3), Pace(20, 600, 2.0, 0.4)

COMMUNITIES: dict[str, Sequence[Pace]] = {
    "one room, 5 posts a day": [Pace(5, 900, 2.0, 0.4)],
    "one room, 40 posts a day": [Pace(40, 600, 2.0, 0.4)],
    "one room, asleep at night": [Pace(40, 600, 2.0, 0.4, sleeps=True)],
    "30 rooms, a post in two days": [Pace(0.5, 600, 2.5, 0.45)] * 30,
    "8 slow rooms, asleep at night": [Pace(3, 3600, 1.5, 0.4, sleeps=True)] * 8,
    "a fast room among slow ones": [FAST] + [SLOW] * 8,
    "a slow room among fast ones": [SLOW] + [FAST] * 3,
    "a room where few are answered": [Pace(20, 600, 2.0, 0.7)] + [USUAL] * 3,
}
"""By name. The first room of each is the one looked at by itself."""
