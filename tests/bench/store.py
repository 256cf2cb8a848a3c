"""How fast the core records and decides, by batch size; and how fast it recalls."""

import random
import time
from pathlib import Path

from bot.remember.memory import Memory
from bot.remember.visibility import viewer_of
from bot.types import Message
from bot.write.writer import RECALLED
from tests.bench.report import Report, spread, tail
from tests.bench.talk import made_up, recorded
from tests.fakes.stage import stage

BATCHES = {1: 300, 10: 2000, 100: 5000}  # messages per round by batch size: a second or two each
TALK = 39_322  # made-up messages to recall from, as many as in the usual data folder
LOADED_AT_ONCE = 500


async def measure(report: Report) -> None:
    rounds = report.rounds(5, 1)
    rates: dict[int, list[float]] = {size: [] for size in BATCHES}
    for number in range(rounds):
        for size, messages in BATCHES.items():
            report.progress(f"round {number + 1} of {rounds}, batches of {size}")
            rates[size].append(await _rate(report.folder / f"{size}-{number}", size, messages))
    for size, found in rates.items():
        report.figure(f"heard in batches of {size}, one after another", spread(found, "messages/s"))
    await _recall(report)


async def _rate(folder: Path, size: int, messages: int) -> float:
    said = made_up(messages)
    folder.mkdir()
    async with stage(folder) as on:
        start = time.perf_counter()
        for first in range(0, messages, size):
            await on.hear(said[first : first + size])
        return messages / (time.perf_counter() - start)


async def _recall(report: Report) -> None:
    """Recalls for whole messages, as in a turn."""
    talk, what = _talk(report)
    folder, seconds = report.folder / "recall", []
    folder.mkdir()
    async with stage(folder) as on:
        for first in range(0, len(talk), LOADED_AT_ONCE):
            report.progress(f"{first:,} of {len(talk):,} messages loaded")
            await on.hear(talk[first : first + LOADED_AT_ONCE])
        for message in random.Random(1).sample(talk, report.rounds(500, 100)):
            start = time.perf_counter()
            viewer = viewer_of(message, asks=True)
            await Memory(on.store).recall(viewer, message.text, limit=RECALLED, exclude={message.id})
            seconds.append(time.perf_counter() - start)
    rooms = len({message.room for message in talk})
    slowest = f"{tail(seconds)}, slowest {max(seconds) * 1000:,.0f} ms"
    report.figure(f"recall from {len(talk):,} {what}, {rooms} rooms", slowest)


def _talk(report: Report) -> tuple[list[Message], str]:
    if report.data:
        return recorded(report.data), "real messages"
    report.skip("recall over real talk: give a folder with DATA=folder; made-up words stand in for it")
    return made_up(report.rounds(TALK, 5000)), "made-up messages"
