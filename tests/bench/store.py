"""How fast the core records and decides, by size of batch; how fast it recalls."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

from bot.remember.memory import Memory
from bot.types import Message
from bot.write.writer import RECALLED
from tests.bench.report import Plan, Report, spread, tail
from tests.bench.talk import made_up, recorded
from tests.fakes.stage import Stage, stage

BATCHES = {1: 300, 10: 2000, 100: 5000}  # messages a round by size of batch: a second or two each
TALK = 39_322  # made-up messages to recall from: as many as the usual data folder has real ones
LOADED_AT_ONCE = 500


async def measure(report: Report, plan: Plan) -> None:
    rounds = plan.rounds(5, 2)
    rates: dict[int, list[float]] = {size: [] for size in BATCHES}
    for number in range(rounds):
        for size, messages in BATCHES.items():
            report.progress(f"round {number + 1} of {rounds}, batches of {size}")
            rates[size].append(await _rate(plan.folder / f"{size}-{number}", size, messages))
    for size, found in rates.items():
        report.figure(f"heard in batches of {size}, one after another", spread(found, "messages/s"))
    await _recall(report, plan)


async def _rate(folder: Path, size: int, messages: int) -> float:
    said = made_up(messages)
    folder.mkdir()
    async with stage(folder) as on:
        start = time.perf_counter()
        for first in range(0, messages, size):
            await on.hear(said[first : first + size])
        return messages / (time.perf_counter() - start)


async def _recall(report: Report, plan: Plan) -> None:
    talk, what = _talk(report, plan)
    asked = random.Random(1).sample(talk, plan.rounds(500, 100))
    (plan.folder / "recall").mkdir()
    async with stage(plan.folder / "recall") as on:
        await _load(report, on, talk)
        memory, seconds = Memory(on.store), []
        for message in asked:
            start = time.perf_counter()
            await memory.recall(message.room, message.text, limit=RECALLED, exclude={message.id})
            seconds.append(time.perf_counter() - start)
    rooms = len({message.room for message in talk})
    report.figure(f"recall from {len(talk):,} {what} messages, {rooms} rooms", tail(seconds))
    report.say(f"   (slowest {max(seconds) * 1000:,.1f} ms; each question is a whole message, as in a turn)")


def _talk(report: Report, plan: Plan) -> tuple[list[Message], str]:
    if plan.data:
        return recorded(plan.data), "real"
    report.skip("recall over real talk: give a folder with DATA=folder; made-up words stand in for it")
    return made_up(plan.rounds(TALK, 5000)), "made-up"


async def _load(report: Report, on: Stage, talk: Sequence[Message]) -> None:
    for first in range(0, len(talk), LOADED_AT_ONCE):
        report.progress(f"{first:,} of {len(talk):,} messages loaded")
        await on.hear(talk[first : first + LOADED_AT_ONCE])
