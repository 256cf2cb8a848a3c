"""Recorded talk in other shapes: with threads and without, slower, thinner, as one room with a long history."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.decide.times import DAY
from bot.measure.lines import Shape, moment
from bot.measure.outcomes import Truth
from bot.measure.truth import load_truth
from bot.types import Message

HORIZON = 1800.0  # seconds at the pace of the record; 95 % of its answers come within eight minutes
FOLDS = 5
PARTS = 5  # rooms among which one room's conversations are split, a fifth for each
PART = " #"  # separates a window's name from the number of its part
NIGHT = timedelta(days=1)  # between two windows joined into one room


@dataclass(frozen=True)
class Variant:
    """Rows in order of time; `room` is the window by which they are judged, even if the player sees all windows as one
    room (`is_joined`). `stretch` is the factor by which times are stretched."""

    name: str
    rows: tuple[dict[str, Any], ...]
    stretch: float = 1.0
    is_joined: bool = False

    @property
    def horizon(self) -> float:
        """Seconds, at most a day: a later answer counts as none (see `bot.decide.answer_times`)."""
        return min(HORIZON * self.stretch, DAY)

    @cached_property
    def messages(self) -> list[Message]:
        shape = Shape()
        return [shape.message(row) for row in self.rows]

    @property
    def windows(self) -> list[str]:
        return list(dict.fromkeys(row["room"] for row in self.rows))

    def place(self, window: str) -> str:
        """The room in which a window is played."""
        return "everybody" + "".join(window.partition(PART)[1:]) if self.is_joined else window

    def write(self, file: Path, until: datetime | None = None) -> Path:
        """Writes a history for a replay; `until` leaves out everything from then on."""
        with file.open("w", encoding="utf-8") as out:
            for row, message in zip(self.rows, self.messages, strict=True):
                if until is None or message.at < until:
                    out.write(json.dumps(row | {"room": self.place(row["room"])}) + "\n")
        return file


@dataclass(frozen=True)
class Talk:
    """A data folder: messages.jsonl, and truth.jsonl beside it."""

    rows: tuple[dict[str, Any], ...]
    truth: Truth
    truth_file: Path

    def fold(self, number: int) -> "Talk":
        """Every fifth window from `number` on, on which the weights learnt from the others are tried."""
        kept = set(list(dict.fromkeys(row["room"] for row in self.rows))[number::FOLDS])
        return Talk(tuple(row for row in self.rows if row["room"] in kept), self.truth, self.truth_file)


def recorded(folder: Path) -> Talk:
    with (folder / "messages.jsonl").open(encoding="utf-8") as lines:
        rows = tuple(json.loads(line) for line in lines)
    return Talk(rows, load_truth(folder / "truth.jsonl"), folder / "truth.jsonl")


def threaded(talk: Talk) -> Variant:
    """The annotated messages, each conversation as a thread."""
    known = ((row, talk.truth.get(row["id"], ("", False))) for row in talk.rows)
    rows = (row | {"thread": conversation, "reply_to": None} for row, (conversation, scored) in known if scored)
    return Variant("threaded", tuple(rows))


def flat(talk: Talk) -> Variant:
    return Variant("flat", tuple(row | {"thread": None, "reply_to": None} for row in talk.rows))


def thinned(variant: Variant, truth: Truth, seed: int = 1) -> Variant:
    """Five rooms for each room, among which its conversations are dealt out whole and by chance: none is lost, and each
    room has a fifth of them. Messages that nobody annotated are left out."""
    chance = random.Random(seed)
    parts = {conversation: chance.randrange(PARTS) for conversation in sorted({one for one, _ in truth.values()})}
    annotated = ((row, truth[row["id"]][0]) for row in variant.rows if row["id"] in truth)
    rows = (row | {"room": f"{row['room']}{PART}{parts[conversation]}"} for row, conversation in annotated)
    return Variant(f"{variant.name} thinned", tuple(rows), variant.stretch)


def stretched(variant: Variant, factor: float) -> Variant:
    """Each window from its beginning, as in a room that is slower by that factor."""
    rows = [_moved(row, at) for window in _windows(variant) for row, at in _slower(window, factor)]
    return Variant(f"{variant.name} x{factor:g}", tuple(_in_order(rows)), variant.stretch * factor)


def joined(variant: Variant) -> Variant:
    """One room with a long history (or five): each window begins a day after the end of the previous one."""
    one = Variant(f"{variant.name} joined", (), variant.stretch, is_joined=True)
    rows: list[dict[str, Any]] = []
    begins: dict[str, datetime] = {}
    for window in _windows(variant):
        first, place = moment(window[0]["at"]), one.place(window[0]["room"])
        shift = begins.get(place, first) - first
        rows += (_moved(row, moment(row["at"]) + shift) for row in window)
        begins[place] = moment(rows[-1]["at"]) + NIGHT
    return replace(one, rows=tuple(_in_order(rows)))


def repeated(rows: Sequence[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """`count` rows: the same rows again and again, each round a day after the one before, with new ids."""
    first, last = moment(rows[0]["at"]), moment(rows[-1]["at"])
    for number in range(count):
        turn, row = divmod(number, len(rows))
        one = _moved(rows[row], moment(rows[row]["at"]) + turn * (last - first + NIGHT))
        thread = one["thread"] and f"{turn}.{one['thread']}"
        yield one | {"id": f"{turn}.{one['id']}", "thread": thread}


def _windows(variant: Variant) -> Iterator[list[dict[str, Any]]]:
    by_window = sorted(variant.rows, key=lambda row: row["room"])  # stable sort: each room stays in order of time
    windows = [list(window) for _, window in groupby(by_window, key=lambda row: row["room"])]
    yield from sorted(windows, key=lambda window: moment(window[0]["at"]))


def _slower(window: list[dict[str, Any]], factor: float) -> Iterator[tuple[dict[str, Any], datetime]]:
    begin = moment(window[0]["at"])
    return ((row, begin + (moment(row["at"]) - begin) * factor) for row in window)


def _moved(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    return row | {"at": at.isoformat(timespec="milliseconds")}


def _in_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: moment(row["at"]))
