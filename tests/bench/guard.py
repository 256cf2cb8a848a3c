"""What reading and guarding a reply costs while it is written: linear in its length."""

import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bot.types import Capabilities
from bot.write.guard import look
from bot.write.models.output_reader import OutputReader
from bot.write.persona import Persona, load_personas
from bot.write.preview import live_preview
from tests.bench.report import Report, spread
from tests.fakes.clock import VirtualClock, settle

CHARACTERS, CHUNKS, TIMES = 1800, 450, 4
CHUNKS_A_SECOND = 64  # of the built-in model; faster ones are read less often
MOST_TIMES = 6.0  # for four times the length: linear is 4, quadratic 16
ANSWER = (
    "Rye takes longer than wheat, because its flour holds more water; give it an hour more. Ana's `levain` is what I'd "
    "try first: feed it at noon, look at 6.\n\n- 500 g rye\n- 400 g water\n\nIf it smells of acetone, it is hungry.\n"
)

TURN = cast(Any, SimpleNamespace(thread=None, trigger="1", key="1"))


class Screen:
    capabilities = Capabilities(live_preview=True)

    async def preview(self, *shown: object) -> None:
        """Shows nothing: only what comes before is measured."""


async def measure(report: Report) -> None:
    persona = load_personas(Path(__file__).parents[2] / "personas")["mochi"]
    look(ANSWER, persona, addressed=True)  # compiles the rules
    for what, work in (("read, shown and checked", _whole), ("read alone", _read)):
        once, longer = [], []
        for _ in range(report.rounds(9, 3)):
            once.append(await work(_chunks(1), persona))
            longer.append(await work(_chunks(TIMES), persona))
        ratio = min(longer) / min(once)
        report.figure(
            f"{what}: {CHARACTERS:,} characters in {CHUNKS} chunks", spread([s * 1000 for s in once], "ms", 1)
        )
        report.figure(f"{what}: {TIMES} times as long", f"{ratio:.1f} times the cost (linear: {TIMES})")
        if ratio > MOST_TIMES:
            report.breach(f"{what}: the cost of a reply is not linear in its length")


def _chunks(times: int) -> list[str]:
    numbered = (re.sub(r"\bRye\b", f"Rye no. {number}", ANSWER) for number in range(times * CHARACTERS))
    text = ""
    while len(text) < times * CHARACTERS:
        text += next(numbered)
    size = CHARACTERS // CHUNKS
    return [text[start : start + size] for start in range(0, times * CHARACTERS, size)]


async def _read(chunks: list[str], persona: Persona) -> float:
    begin, reader = time.thread_time(), OutputReader()
    for chunk in chunks:
        reader.add(chunk)
    reader.end()
    return time.thread_time() - begin


async def _whole(chunks: list[str], persona: Persona) -> float:
    """Seconds of processor time for a stream that is shown as it grows, less what the stream without a guard takes."""
    return await _stream(chunks, persona) - await _stream(chunks, None)


async def _stream(chunks: list[str], persona: Persona | None) -> float:
    clock, reader, begin = VirtualClock(), OutputReader(), time.thread_time()
    nobody = Persona(name="-", tagline="-", voice="-")
    async with live_preview(cast(Any, Screen()), TURN, persona or nobody, clock) as show:
        assert show is not None
        for chunk in chunks:
            if persona:
                reader.add(chunk)
                await show(reader.text)
            await settle()
            await clock.advance(1 / CHUNKS_A_SECOND)
    if persona:
        look(reader.end(), persona, addressed=True)
    return time.thread_time() - begin
