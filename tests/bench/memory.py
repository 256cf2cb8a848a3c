"""Peak memory of a running Cameo: after the start, after an answer, after thousands of messages heard."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.report import Plan, Report
from tests.bench.talk import chat_lines
from tests.fakes.cameo import Cameo, cameo
from tests.fakes.scripted_model import ScriptedModel
from tests.whole.places import NO_LIMITS, LocalRoom

AT_ONCE = 50  # posts under way together, as from a busy community
PER_THREAD = 10
PROC = Path("/proc")
BUILTIN = {"models": {"toy": {"builtin": "smollm2-135m"}}, "writer": ["toy"]}


async def measure(report: Report, plan: Plan) -> None:
    if not (PROC / "self" / "status").exists():
        report.skip("this system has no /proc to read a process's peak memory from")
        return
    async with ScriptedModel() as model:
        await _of(report, plan, "scripted", LocalRoom(model.url).config)
    rooms = [{"match": "*", "join": "mentions"}]
    await _of(report, plan, "built-in", {**BUILTIN, "rooms": rooms, "limits": NO_LIMITS})


async def _of(report: Report, plan: Plan, name: str, config: dict[str, Any]) -> None:
    messages = plan.rounds(5000, 300)
    async with cameo(plan.folder / name, config) as running:
        report.figure(f"{name} model: after the start", _peaks(running))
        asked, start = await running.post("workshop", "Ana", "@cameo, what is bread made of?"), time.monotonic()
        turn = await running.until_turn(asked["id"], "sent", "failed", "passed")
        report.figure(f"{name} model: after an answer", _peaks(running))
        report.say(f"   ({turn['state']} by {turn['model'] or 'nobody'} after {time.monotonic() - start:.1f} s)")
        seconds = await _heard(report, running, messages)
        report.figure(f"{name} model: after {messages:,} messages heard", _peaks(running))
        report.say(f"   ({messages / seconds:,.0f} posts/s over the JSON API, asker and asked sharing the machine)")


async def _heard(report: Report, running: Cameo, messages: int) -> float:
    """Seconds that it took; ten messages a thread, all over the rooms."""
    start, lines = time.monotonic(), chat_lines()
    for count in range(0, messages, AT_ONCE):
        report.progress(f"{count:,} of {messages:,} messages heard")
        threads = [_thread(running, lines, room) for room in _rooms(AT_ONCE // PER_THREAD, count)]
        await asyncio.gather(*threads)
    return time.monotonic() - start


def _rooms(count: int, turn: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(("kitchen", "workshop", "feed")), turn % 3, turn % 3 + count))


async def _thread(running: Cameo, lines: Iterator[str], room: str) -> None:
    post = await running.post(room, "Member 0", next(lines))
    comments = (
        running.post(room, f"Member {number}", next(lines), thread=post["thread"]) for number in range(1, PER_THREAD)
    )
    await asyncio.gather(*comments)


def _peaks(running: Cameo) -> str:
    """Megabytes of the process and of those that it has started."""
    assert running.process is not None
    own = running.process.pid
    others = sum(_peak(child) for child in _children(own))
    return f"{_peak(own):,.0f} MB" + (f", and {others:,.0f} MB in the model's own process" if others else "")


def _peak(pid: int) -> float:
    status = (PROC / str(pid) / "status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), 0.0)


def _children(pid: int) -> list[int]:
    stats = ((int(path.name), path / "stat") for path in PROC.iterdir() if path.name.isdecimal())
    return [child for child, stat in stats if _parent(stat) == pid]


def _parent(stat: Path) -> int:
    """0 for a process that has just ended."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
