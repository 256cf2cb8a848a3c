"""How long one live decision takes: a message heard and a hold that is over, in a room that is full of both."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.decide.budget import Budget
from bot.decide.floor import Floor, turn_id
from bot.decide.reasons import Reason
from bot.measure.lines import Shape
from bot.settings import Limits, RoomRule
from bot.types import Decision, Message, State, Turn, Verdict
from tests.bench.replay import made_up
from tests.bench.report import Report, micro
from tests.bench.variants import flat, recorded, threaded

KNOWN, OPEN = 200, 50  # messages of a full room, and turns that wait in it
LONGEST = 0.001  # seconds that a decision may take in 95 of 100 cases
RULE = RoomRule(match="*", join="unanswered", posts="all", share_of_voice=1.0)


async def measure(report: Report) -> None:
    for kind in ("threaded", "flat"):
        times = list(_times(_talk(report, kind), report.rounds(2000, 300)))
        report.figure(f"{kind}: heard + decided + decided again", micro(times))
        if sorted(times)[int(len(times) * 0.95)] > LONGEST:
            report.breach(f"{kind}: a decision takes more than a millisecond in 5 of 100 cases")


def _talk(report: Report, kind: str) -> list[Message]:
    """Of one room."""
    if report.data is None:
        rows: Sequence[dict] = made_up(3000, is_threaded=kind == "threaded")
    else:
        rows = {"threaded": threaded, "flat": flat}[kind](recorded(report.data)).rows
    shape = Shape()
    return [shape.message(row | {"room": "room"}) for row in rows]


def _times(messages: list[Message], rounds: int) -> Iterator[float]:
    """Seconds of each decision, each in a room of its own."""
    step = max(1, (len(messages) - KNOWN - 1) // rounds)
    for number in range(KNOWN, len(messages) - 1, step):
        floor, keys = _full(messages[number - KNOWN : number])
        message = messages[number]
        begin = time.perf_counter()
        floor.hear(floor.recognise(message), message.heard)
        key = next((key for key in keys if floor.wanted(key)), keys[0])
        floor.tick(key, message.heard + timedelta(hours=1))
        yield time.perf_counter() - begin


def _full(history: list[Message]) -> tuple[Floor, list[str]]:
    floor = Floor(history[0].room, RULE, ("cameo",), Budget(Limits()), timedelta(minutes=15))
    triggers = [one for one in history if not one.author.is_bot][-OPEN:]
    turns = [_waiting(message) for message in triggers]
    floor.restore(history, zip(turns, triggers, strict=True))
    return floor, [turn.id for turn in turns]


def _waiting(message: Message) -> Turn:
    decision = Decision(Verdict.WAIT, Reason.HOLDING, message.heard + timedelta(hours=1))
    return Turn(
        turn_id(message), message.thread, message.id, message.author.id, RULE.persona, decision, State.WAITING,
        message.heard,
    )  # fmt: skip
