"""SIGKILL at random moments of a turn, and the number of replies lost or said twice."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.cameo import Cameo, cameo, eventually
from tests.fakes.scripted_model import Request, Say, unlike
from tests.fakes.waiting import PATIENCE
from tests.whole.places import Place

SETTLE = 2.0  # seconds that a burst may go on; with the model's delay, a turn takes about three


def slowly(request: Request) -> Say:
    """An answer that takes long enough to be interrupted: half a second from the first token to the last. No two are
    alike, so that each is asked for once."""
    return Say(unlike(request), first_delay=0.2, between=0.03)


@dataclass
class Toll:
    """The effects of the kills."""

    kills: int = 0
    asked: list[str] = field(default_factory=list)
    moments: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


async def kill_often(
    folder: Path, place: Place, kills: int, seed: int, tell: Callable[[str], None] = lambda line: None
) -> Toll:
    """Asks, kills and restarts `kills` times; then waits until every question is answered, and counts."""
    chance, toll = random.Random(seed), Toll()
    async with cameo(folder, place.config, place.environment) as running:
        await place.ready(running)
        for number in range(kills):
            for part in range(chance.randint(1, 2)):
                toll.asked.append(await place.say(running, f"@cameo question {number}.{part}"))
            moment = await _wait_for_a_moment(running, chance)
            await running.kill()
            toll.kills += 1
            toll.moments[moment] = toll.moments.get(moment, 0) + 1
            await running.start()
            tell(f"kill {number + 1} of {kills}, {moment}")
        await _until_answered(running, place, toll)
        await _answers_one_more(running, place)  # any duplicates have been sent by now
        replies = await place.replies(running)
        toll.doubled = [asked for asked in toll.asked if replies[asked] > 1]
        toll.lost = [asked for asked in toll.asked if replies[asked] == 0]
    return toll


async def _wait_for_a_moment(running: Cameo, chance: random.Random) -> str:
    """Waits for a moment to kill: a third at any time, a third just before a reply is sent, a third just after."""
    kind = chance.choice(("any time", "about to send", "just sent"))
    if kind == "any time":
        await asyncio.sleep(chance.uniform(0, SETTLE + 1.5))
        return kind
    mark = '"state": "sending"' if kind == "about to send" else '"state": "sent"'
    size = running.log.stat().st_size if running.log.exists() else 0
    async with asyncio.timeout(PATIENCE):
        while mark not in await asyncio.to_thread(_tail, running.log, size):
            await asyncio.sleep(0.001)
    await asyncio.sleep(chance.uniform(0, 0.02))
    return kind


def _tail(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")


async def _answers_one_more(running: Cameo, place: Place) -> None:
    last = await place.say(running, "@cameo the last question")

    async def is_answered() -> bool:
        return (await place.replies(running))[last] > 0

    with suppress(TimeoutError):  # counted as lost, like all others by then
        await eventually(is_answered)


async def _until_answered(running: Cameo, place: Place, toll: Toll) -> None:
    async def all_answered() -> bool:
        replies = await place.replies(running)
        return all(replies[asked] for asked in toll.asked)

    try:
        await eventually(all_answered)
    except TimeoutError:
        return  # counted as lost by the caller
