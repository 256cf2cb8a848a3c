"""How much of a prompt the built-in model's server has read before, within one thread: providers charge less for that.

The server reads whole prompts here, as a large model would get them; what it writes does not matter.
"""

import asyncio
import time
from collections.abc import Callable, Iterator

from bot.config.model_settings import ModelSettings
from bot.types import Clock, Message, Turn
from bot.write.models.builtin import Builtin, Missing
from bot.write.models.failover import Models
from tests.bench.report import Report, share
from tests.fakes.clock import RealClock, VirtualClock
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import comment, post
from tests.scenes.scenes import ABOUT, BREAD, MINUTE, NOTES

CONTEXT = 8192  # tokens, for which this model was trained
OUTPUT = 16  # tokens; what it writes is not looked at
PROMISED = 0.9
STEP_SECONDS = 0.2  # of the thread's clock: four times as fast as the real one, while its messages are minutes apart
SLOWEST_SECONDS = 120.0  # for one reply; a first prompt of 2,000 tokens takes 10 on a busy machine
PEOPLE = ("Ana", "Tomasz", "Ines", "Femi", "Lin")
REMARKS = (
    "The crumb is gummy, even after an hour of cooling, and the crust went soft in the bag overnight.",
    "I'd feed the starter twice before you use it, and keep it somewhere warmer than that window.",
    "Mine did the same until I stopped opening the oven door to look at it every five minutes.",
    "Two hundred and thirty degrees, then down to two hundred after the first quarter of an hour.",
)


async def measure(report: Report) -> None:
    builtin = Builtin(RealClock(), CONTEXT)
    try:
        url = await builtin.address()
    except Missing as error:
        report.skip(f"all of it: {error}")
        return
    try:
        for persona in ("mochi", "xiaoman")[: report.rounds(2, 1)]:
            await _of(report, persona, _models(url, builtin.key))
    finally:
        await builtin.close()


def _models(url: str, key: str) -> Callable[[Clock], Models]:
    settings = ModelSettings(
        name="toy", base_url=url, key=key, context_tokens=CONTEXT - 1000, output_tokens=OUTPUT, first_token_seconds=300
    )
    return lambda _: Models({"toy": settings}, ["toy"], RealClock())


async def _of(report: Report, persona: str, models: Callable[[Clock], Models]) -> None:
    clock, seconds = VirtualClock(patience=SLOWEST_SECONDS), list[float]()
    async with stage(report.folder / persona, clock, models=models, persona=persona, about=ABOUT) as on:
        on.platform.room_notes = NOTES
        used = []
        rounds = report.rounds(10, 5)
        for number, said in enumerate(_thread(rounds, on.policy.current.personas[persona].name)):
            report.progress(f"{persona}: reply {number + 1} of {rounds}")
            begun = time.monotonic()
            used.append(await _answered(on, said))
            seconds.append(time.monotonic() - begun)
    _tell(report, persona, used, seconds)


def _thread(rounds: int, name: str) -> Iterator[list[Message]]:
    """A conversation in one thread: in every round a remark by somebody, and a call."""
    number, first = 0, post("p0", "Ana", "My sourdough came out flat again, and I have changed nothing.", 0, BREAD)
    for turn in range(rounds):
        said = [first] if turn == 0 else []
        number += 5
        said.append(comment(f"p{number}", "p0", PEOPLE[turn % 5], REMARKS[turn % 4], number * MINUTE, BREAD))
        number += 5
        call = f"@{name} what would you try next, and why that one?"
        yield [*said, comment(f"p{number}", "p0", PEOPLE[(turn + 1) % 5], call, number * MINUTE, BREAD)]


async def _answered(on: Stage, said: list[Message]) -> Turn:
    """Hears the messages at their times; the turn that the last one starts."""
    last = said[-1]
    await on.clock.advance(max(0.0, (last.at - on.clock.now()).total_seconds()))
    await on.hear(said)
    async with asyncio.timeout(SLOWEST_SECONDS):
        while True:
            turn = await on.store.turn("local", last.id)
            if turn is not None and not turn.state.is_open:
                return turn
            await on.clock.advance(STEP_SECONDS)  # a burst may have to end before the model is asked
            await asyncio.sleep(0.05)


def _tell(report: Report, persona: str, turns: list[Turn], seconds: list[float]) -> None:
    """The first reply of a thread has nothing to reuse but the persona, and does not count."""
    if failed := [turn.error for turn in turns if not turn.usage.output_tokens]:
        report.breach(f"{persona}: {len(failed)} of {len(turns)} replies were written by no model: {failed}")
        return
    later = [turn.usage for turn in turns[1:]]
    read, known = sum(one.input_tokens for one in later), sum(one.cached_tokens for one in later)
    each = ", ".join(share(one.cached_tokens / one.input_tokens) for one in later)
    report.figure(f"{persona}: prompt tokens of a reply", f"{later[0].input_tokens:,} to {later[-1].input_tokens:,}")
    report.figure(f"{persona}: read before, within the thread", f"{share(known / read)} ({each})")
    report.figure(f"{persona}: seconds to the first and the last reply", f"{seconds[0]:.1f}, {seconds[-1]:.1f}")
    if known < PROMISED * read:
        report.breach(f"{persona}: {share(known / read)} of the prompts was read before, not {share(PROMISED)}")
