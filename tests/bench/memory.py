"""Peak memory of a running Cameo: after the start, after an answer, after thousands of messages."""

import asyncio
import time
from pathlib import Path
from typing import Any

from tests.bench.report import Report
from tests.bench.talk import lines
from tests.fakes.cameo import Cameo, cameo
from tests.fakes.scripted_model import ScriptedModel
from tests.whole.places import LocalRoom

AT_ONCE = 50  # posts under way at once, as in a busy community
PROC = Path("/proc")
BUILTIN = {"models": {"toy": {"builtin": "smollm2-135m"}}, "writer": ["toy"]}


async def measure(report: Report) -> None:
    if not (PROC / "self" / "status").exists():
        report.skip("all of it: this system has no /proc to read a process's peak memory from")
        return
    async with ScriptedModel() as model:
        config = LocalRoom(model.url).config
        await _of(report, "scripted", config)
        await _of(report, "built-in", {**config, **BUILTIN})


async def _of(report: Report, name: str, config: dict[str, Any]) -> None:
    async with cameo(report.folder / name, config) as running:
        report.figure(f"{name} model: after the start", _peaks(running))
        asked = await running.post("workshop", "Ana", "@cameo, what is bread made of?")
        await running.until_turn(asked["id"], "sent")
        report.figure(f"{name} model: after an answer", _peaks(running))
        said, start = lines(report.rounds(5000, 200)), time.monotonic()
        for first in range(0, len(said), AT_ONCE):
            report.progress(f"{name} model: {first:,} of {len(said):,} messages heard")
            room = ("kitchen", "workshop", "feed")[first % 3]
            await asyncio.gather(*(running.post(room, "Ben", text) for text in said[first : first + AT_ONCE]))
        rate = len(said) / (time.monotonic() - start)
        report.figure(f"{name} model: after {len(said):,} posts heard", f"{_peaks(running)} ({rate:,.0f} posts/s)")


def _peaks(running: Cameo) -> str:
    """Megabytes of the process, and of the processes that it has started."""
    assert running.process is not None
    own = running.process.pid
    others = sum(_peak(child) for child in _children(own))
    return f"{_peak(own):,.0f} MB" + (f" + {others:,.0f} MB in the model's own process" if others else "")


def _peak(pid: int) -> float:
    status = (PROC / str(pid) / "status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), 0.0)


def _children(pid: int) -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdecimal() and _parent(path) == pid]


def _parent(process: Path) -> int:
    """The parent process id; -1 if the process has just ended."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1
