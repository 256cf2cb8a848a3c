"""What a restart costs: commits that wait for cold rooms, one `hear` over many rooms, a day of turns to read back."""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.config.policy import InForce, Policy
from bot.config.settings import Settings
from bot.live.rooms import Rooms
from bot.remember.store import Store, migrate
from bot.types import Author, Decision, Message, Room, State, Thread, Turn, Verdict
from tests.bench.report import Report, tail
from tests.bench.talk import lines
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import personas, reference
from tests.fakes.stage import Stage, stage

T = TypeVar("T")
SAID = 100  # messages in each cold room: a floor is rebuilt from up to 450
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)  # the stage's clock
LOADED_AT_ONCE = 500
SPOKEN = 20  # of so many turns, one was spoken
PAGE_BYTES = 4096
PAUSE = 0.02  # seconds between two commits beside: enough to meet what is long, too few to slow it down


async def measure(report: Report) -> None:
    await _cold_rooms(report, report.rounds(300, 30))
    for rooms in report.rounds(1900, 100), report.rounds(3000, 200):
        await _many_rooms(report, rooms)
    await _day_of_turns(report, report.rounds(100_000, 5000))


async def _cold_rooms(report: Report, rooms: int) -> None:
    """One message in each room, heard right after a restart, while somebody else commits one thing after another."""
    folder = report.folder / "cold"
    await _prepare(folder, messages=[message for number in range(rooms) for message in _talk(number, SAID)])
    async with stage(folder) as on, _committing(on) as waited:
        start = time.perf_counter()
        await asyncio.gather(*(on.hear([_message(number, SAID, "good morning")]) for number in range(rooms)))
        seconds = time.perf_counter() - start
    report.figure(f"{rooms:,} cold rooms, a message in each: heard in", f"{seconds:,.1f} s")
    report.figure("a commit waits meanwhile", f"{tail(waited)}, longest {max(waited) * 1000:,.0f} ms")


async def _many_rooms(report: Report, rooms: int) -> None:
    """A platform that catches up: one call over many rooms, none of which is known yet."""
    folder = report.folder / f"many-{rooms}"
    await _prepare(folder)
    async with stage(folder) as on, _committing(on) as waited:
        start = time.perf_counter()
        await on.hear([_message(number, 0, "good morning") for number in range(rooms)])
        seconds = time.perf_counter() - start
    report.figure(f"one hear over {rooms:,} new rooms", f"{seconds:,.1f} s")
    report.figure("a commit waits meanwhile", f"{tail(waited)}, longest {max(waited) * 1000:,.0f} ms")


async def _day_of_turns(report: Report, turns: int) -> None:
    """Within the budget's look-back; most of them silent, as in life."""
    folder = report.folder / "turns"
    await _prepare(folder, turns=[_turn(number, NOON - timedelta(seconds=number % 86_000)) for number in range(turns)])
    reading = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.restart", str(folder), stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await reading.communicate()
    report.figure(f"budget read back from {turns:,} turns", printed.decode().strip())


async def _read_back(folder: Path) -> None:
    """In a process of its own, whose memory holds nothing else."""
    store = await Store.open(folder / "cameo.db")
    rooms = Rooms(InForce(Policy(Settings(), personas())), store, reference(), VirtualClock())
    before, start = _resident_megabytes(), time.perf_counter()
    found = await rooms.load()
    seconds, grown = time.perf_counter() - start, _resident_megabytes() - before
    print(f"{seconds:,.2f} s, {grown:,.0f} MB, {len(found):,} of them")
    await store.close()


@asynccontextmanager
async def _committing(on: Stage) -> AsyncIterator[list[float]]:
    """Commits one thing after another, and says how many seconds each has taken."""
    waited: list[float] = []

    async def commit() -> None:
        for number in itertools.count():
            start = time.perf_counter()
            await on.store.write(lambda tx, value=str(number): tx.put_state("bench", {"count": value}))  # type: ignore[misc]
            waited.append(time.perf_counter() - start)
            await asyncio.sleep(PAUSE)

    committing = asyncio.create_task(commit())
    try:
        yield waited
    finally:
        committing.cancel()
        await asyncio.wait([committing])


async def _prepare(folder: Path, messages: list[Message] | None = None, turns: list[Turn] | None = None) -> None:
    folder.mkdir()
    path = folder / "cameo.db"
    migrate(path)
    store = await Store.open(path)
    for some in _batched(messages or [], LOADED_AT_ONCE):
        await store.write(lambda tx, some=some: tx.add_messages(some))  # type: ignore[misc]
    for few in _batched(turns or [], LOADED_AT_ONCE):
        await store.write(lambda tx, few=few: tx.put_turns(few))  # type: ignore[misc]
    await store.close()


def _batched(some: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (some[first : first + size] for first in range(0, len(some), size))


def _talk(room: int, count: int) -> list[Message]:
    return [_message(room, number, text) for number, text in enumerate(lines(count))]


def _message(room: int, number: int, text: str) -> Message:
    author = Author(f"u{number % 40}", "Somebody")
    at = NOON - timedelta(minutes=SAID - number)
    return Message(f"r{room}-m{number}", Thread(Room("local", "bench", f"r{room}")), author, text, at, at)


def _turn(number: int, at: datetime) -> Turn:
    spoken = number % SPOKEN == 0
    decision = Decision(Verdict.SPEAK, "addressed", at) if spoken else Decision(Verdict.SILENT, "not_addressed")
    thread = Thread(Room("local", "bench", f"r{number % 20}"))
    state = State.SENT if spoken else State.SILENT
    return Turn(f"t{number}", thread, f"m{number}", f"u{number % 200}", "mochi", decision, state, at)


def _resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20


if __name__ == "__main__":
    asyncio.run(_read_back(Path(sys.argv[1])))
