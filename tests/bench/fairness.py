"""How long others wait while one member floods: the write queue on a virtual clock, with a scripted model.

Calls of a community's members come at random and take 2 to 8 s to write. The flooder always has twelve questions in
the queue, each in a room of its own and each of 20 s; the puppeteer does the same with twelve accounts.
"""

import asyncio
import math
import random
import statistics
from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.live.course import WRITERS
from bot.live.write_queue import WriteQueue
from bot.types import Room, Thread
from tests.bench.report import Report
from tests.fakes.clock import VirtualClock

MEMBERS, ROOMS = 40, 12
SECONDS_BETWEEN = 4.0  # a call each: a third of what the places can write
SHORTEST, LONGEST, LONG = 2.0, 8.0, 20.0  # seconds to write an answer, and a flooder's
QUEUED = 12  # questions that a flooder always has in the queue
PROMISE = 1.5  # times as long, at most: p95 of the others with a flooder
STEP = 0.5  # seconds by which the clock moves

Flooders = Callable[[int], tuple[str, Room]]
"""Who asks the flood's n-th question, and where."""


def one_member(n: int) -> tuple[str, Room]:
    return "mallory", Room("local", f"hers {n}", f"room {n}")


def many_accounts(n: int) -> tuple[str, Room]:
    return f"puppet {n}", Room("local", "hers", f"room {n}")


async def waits(calls: int, flooders: Flooders | None, seed: int) -> list[float]:
    """Seconds from each call of the others to its answer; infinite for those not answered in twice the time."""
    clock, dice, queue = VirtualClock(), random.Random(seed), WriteQueue(WRITERS)
    found: list[float] = []
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(_flood(queue, clock, *flooders(n))) for n in range(QUEUED)] if flooders else []
        await clock.advance(2 * LONG)
        others = [group.create_task(_call(queue, clock, dice.random, n, found)) for n in range(calls)]
        until = clock.now() + timedelta(seconds=2 * calls * SECONDS_BETWEEN)
        while not all(task.done() for task in others) and clock.now() < until:
            await clock.advance(STEP)
        for task in (*flood, *others):
            task.cancel()
    return found + [math.inf] * (calls - len(found))


async def _flood(queue: WriteQueue, clock: VirtualClock, member: str, room: Room) -> None:
    while True:
        async with queue.enter(Thread(room), member, first=True):
            await clock.sleep(LONG)


async def _call(queue: WriteQueue, clock: VirtualClock, dice: Callable[[], float], n: int, found: list[float]) -> None:
    after, takes = (n + dice()) * SECONDS_BETWEEN, SHORTEST + dice() * (LONGEST - SHORTEST)
    room = Room("local", "home", f"room {int(dice() * ROOMS)}")
    member = f"member {int(dice() * MEMBERS)}"
    await clock.sleep(after)
    began = clock.now()
    async with queue.enter(Thread(room, f"call {n}"), member, first=True):
        await clock.sleep(takes)
    found.append((clock.now() - began).total_seconds())


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def measure(report: Report) -> None:
    calls = report.rounds(2000, 400)
    alone = p95(await waits(calls, None, seed=1))
    report.figure("p95 of a call to its answer, nobody floods", f"{alone:.1f} s")
    for who, flooders in (("one member floods", one_member), ("twelve accounts of another community", many_accounts)):
        flooded = p95(await waits(calls, flooders, seed=1))
        report.figure(f"the same, {who}", f"{flooded:.1f} s ({flooded / alone:.2f} times)")
        if flooders is one_member and flooded > PROMISE * alone:
            report.breach(f"one flooder makes others wait {flooded / alone:.2f} times as long, not {PROMISE} at most")
