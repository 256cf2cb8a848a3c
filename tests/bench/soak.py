"""Ten minutes of 50 messages a second in one community of a fake Discord, one flooder among them who asks without end.

Not the local community, which keeps all its posts in memory for its page."""

import asyncio
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.report import Report, tail
from tests.bench.talk import lines
from tests.fakes.cameo import Cameo, cameo
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.scripted_model import Say, ScriptedModel, unlike
from tests.whole.places import DiscordRoom, answered

RATE, SECONDS, WARM_UP = 50, 600, 60  # messages a second; seconds in all, of which the first are not judged
QUICK_SECONDS, QUICK_WARM_UP = 60, 15
ROOMS = ("general", "kitchen", "night")
FLOODED_EVERY, ASKED_EVERY = 5, 100  # every fifth message is the flooder's call; others call twice in four seconds
MOST_GROWTH = 20.0  # MiB
PROC = Path("/proc")


@dataclass
class Seen:
    """What was measured: resident MiB and open files over time, and who asked what when."""

    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    asked: dict[str, float] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)


async def measure(report: Report) -> None:
    if not (PROC / "self" / "status").exists():
        report.skip("all of it: this system has no /proc to read memory and open files from")
        return
    seconds, warm_up = report.rounds(SECONDS, QUICK_SECONDS), report.rounds(WARM_UP, QUICK_WARM_UP)
    seen = Seen()
    async with (
        ScriptedModel(lambda asked: Say(unlike(asked), first_delay=0.3, between=0.02)) as model,
        FakeDiscord() as discord,
    ):
        discord.world.channel(ROOMS[-1])
        place = DiscordRoom(model.url, discord)
        async with cameo(report.folder, place.config, place.environment) as running, asyncio.TaskGroup() as group:
            await place.ready(running)
            watching = group.create_task(_watch(running, discord, seen, warm_up))
            await _talk(report, discord, seen, seconds)
            await _until_answered(seen)
            watching.cancel()
    _tell(report, seen)


async def _talk(report: Report, discord: FakeDiscord, seen: Seen, seconds: int) -> None:
    """Posts at the rate, as far as the process takes it; each second's messages at once."""
    talk, chance, begun = lines(RATE * seconds), random.Random(1), time.monotonic()
    for second in range(seconds):
        batch = talk[second * RATE : (second + 1) * RATE]
        for number, text in enumerate(batch):
            await _post(discord, seen, second * RATE + number, text, chance)
        report.progress(f"{second} of {seconds} s, {seen.memory[-1] if seen.memory else 0:.0f} MiB")
        await asyncio.sleep(max(0.0, begun + second + 1 - time.monotonic()))
    report.figure("messages a second", f"{RATE * seconds / (time.monotonic() - begun):.0f}")


async def _post(discord: FakeDiscord, seen: Seen, number: int, text: str, chance: random.Random) -> None:
    floods, asks = number % FLOODED_EVERY == 0, number % ASKED_EVERY == 1
    author = "Flooder" if floods else f"Asker {number}" if asks else f"Member {chance.randrange(200)}"
    room = ROOMS[0] if floods else chance.choice(ROOMS[1:])
    said = await discord.say(room, author, text or "hm", mention=floods or asks)
    if asks:
        seen.asked[said["id"]] = time.monotonic()


async def _watch(running: Cameo, discord: FakeDiscord, seen: Seen, warm_up: int) -> None:
    assert running.process is not None
    process, begun = PROC / str(running.process.pid), time.monotonic()
    while True:
        _look(discord, seen)
        await asyncio.sleep(1)
        if time.monotonic() - begun < warm_up:
            continue
        status = (process / "status").read_text().splitlines()
        seen.memory.append(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:")))
        seen.files.append(len(os.listdir(process / "fd")))


def _look(discord: FakeDiscord, seen: Seen) -> None:
    """Notes which askers got their reply. Looks at the rooms where nobody floods."""
    for room in ROOMS[1:]:
        for said in discord.ours(room):
            if (asked := seen.asked.pop(answered(said), None)) is not None:
                seen.waited.append(time.monotonic() - asked)


async def _until_answered(seen: Seen) -> None:
    async with asyncio.timeout(120):
        while seen.asked:
            await asyncio.sleep(1)


def _tell(report: Report, seen: Seen) -> None:
    tenth = max(1, len(seen.memory) // 10)
    first, last = sum(seen.memory[:tenth]) / tenth, sum(seen.memory[-tenth:]) / tenth
    report.figure("resident memory after the warm-up, at the end", f"{first:,.1f} -> {last:,.1f} MiB")
    report.figure("open files after the warm-up, at the end", f"{seen.files[0]} -> {seen.files[-1]}")
    report.figure("others' waiting, beside one flooder", tail(seen.waited))
    if last - first > MOST_GROWTH:
        report.breach(f"memory grew by {last - first:.1f} MiB")
    if seen.files[-1] > seen.files[0] + 5:
        report.breach("open files grew")
    if seen.asked:
        report.breach(f"{len(seen.asked)} of the others never answered")
