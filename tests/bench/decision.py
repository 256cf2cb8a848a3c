"""How long one live decision takes: hearing a message, and deciding when a hold is over, in a room full of both."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.room_rule import LONGEST_HOLD_MINUTES, RoomRule
from bot.config.settings import Limits
from bot.decide.answer_times import AnswerTimes
from bot.decide.budget import Budget
from bot.decide.floor import Floor
from bot.decide.reference import Reference
from bot.decide.traits import TRAITS
from bot.language.danger import load_dangers
from bot.language.link_weights import load_weights
from bot.language.packs import load_packs
from bot.measure.lines import Shape
from bot.types import Message, Room, State
from tests.bench.replay import talk_of
from tests.bench.report import Report, micro

OPEN = 50  # waiting turns in a full room; with so many, more than 200 messages are known
LONGEST = 0.001  # seconds that a decision may take in 95 of 100 cases
ROOM = Room("replay", "-", "room")
RULE = RoomRule(match="*", join="unanswered", posts="all", hold=LONGEST_HOLD_MINUTES, share_of_voice=1.0)


async def measure(report: Report) -> None:
    for kind in ("threaded", "flat"):
        times = list(islice(_times(_messages(talk_of(report, kind))), report.rounds(10_000, 1000)))
        report.figure(f"{kind}: heard + decided + decided again", micro(times))
        if sorted(times)[int(len(times) * 0.95)] > LONGEST:
            report.breach(f"{kind}: a decision takes more than a millisecond in 5 of 100 cases")


def _messages(rows: Sequence[dict[str, Any]]) -> Iterator[Message]:
    """All messages of one room."""
    shape = Shape()
    return (shape.message(row | {"room": ROOM.id}) for row in rows)


def _times(messages: Iterator[Message]) -> Iterator[float]:
    """Seconds of CPU time per decision once the room is full, which leaves out other processes. The turn that waits
    longest is the one decided again."""
    floor, waiting = _floor(), deque[str]()
    for message in messages:
        begin = time.thread_time()
        heard = floor.hear(floor.recognise(message), message.heard)
        took = time.thread_time() - begin
        waiting = deque(key for key in waiting if floor.wanted(key))
        waiting += [turn.id for turn in heard if turn.state is State.WAITING]
        if len(waiting) > OPEN:
            yield took + _tick(floor, waiting.popleft(), message)


def _tick(floor: Floor, key: str, message: Message) -> float:
    begin = time.thread_time()
    ticked = floor.tick(key, message.heard)
    took = time.thread_time() - begin
    if ticked is not None and ticked.state is State.DUE:
        ticked = floor.move(replace(ticked, state=State.WRITING))
    if ticked is not None and ticked.state.is_open:
        floor.move(replace(ticked, state=State.PASSED))
    return took


def _floor() -> Floor:
    reference, day = Reference(load_packs(), load_weights(TRAITS), load_dangers()), timedelta(days=1)
    return Floor(
        ROOM, RULE, ("cameo",), Budget(Limits()), day, reference, AnswerTimes(), ZoneInfo("UTC"), explains=True
    )
