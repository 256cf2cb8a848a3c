"""What Cameo adds before the first token, beside calling the model's SDK directly with the same prompt."""

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field

from openai import AsyncOpenAI

from tests.bench.report import Plan, Report, tail
from tests.fakes.cameo import Cameo, cameo, eventually
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.whole.places import LocalRoom

MODEL_DELAYS = (0.0, 0.3)  # seconds before its first token: none, to see our part; and what a good provider takes


@dataclass
class Times:
    """Seconds from the question to the request's arrival at the model."""

    direct: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)


class Slow:
    """A model's manners, which may change between rounds."""

    delay = 0.0

    def __call__(self, request: Request) -> Say:
        return Say("Gladly: the ferry leaves at nine, from the old pier.", first_delay=self.delay)


async def measure(report: Report, plan: Plan) -> None:
    rounds, manners = plan.rounds(30, 5), Slow()
    async with ScriptedModel(manners) as model:
        place = LocalRoom(model.url)
        async with (
            cameo(plan.folder, place.config) as running,
            AsyncOpenAI(base_url=model.url, api_key="none-needed", max_retries=0) as sdk,
        ):
            asked = [await place.say(running, "@cameo, are you there?")]  # the first call of each opens connections
            await _answered(model)
            await _direct(model, sdk)
            for manners.delay in MODEL_DELAYS:
                times = Times()
                for number in range(rounds):
                    report.progress(f"model takes {manners.delay} s; round {number + 1} of {rounds}")
                    times.direct.append(await _direct(model, sdk))
                    times.ours.append(await _through_cameo(model, place, running, asked))
                _tell(report, manners.delay, times)
            await _once_each(report, place, running, asked)


def _tell(report: Report, delay: float, times: Times) -> None:
    direct, ours = statistics.median(times.direct), statistics.median(times.ours)
    report.say(f"   model with {delay:g} s before its first token:")
    report.figure(f"direct call -> at the model ({delay:g} s)", tail(times.direct))
    report.figure(f"post to Cameo -> at the model ({delay:g} s)", tail(times.ours))
    added = f"{(ours - direct) * 1000:,.1f} ms, {ours / direct:.1f} : 1"
    report.figure(f"added before the model is asked ({delay:g} s)", added)
    if delay:
        report.figure(
            f"time to first token, Cameo : direct ({delay:g} s)", f"{(ours + delay) / (direct + delay):.2f} : 1"
        )


async def _direct(model: ScriptedModel, sdk: AsyncOpenAI) -> float:
    body = dict(model.requests[-1].body)  # what Cameo asked last, to the letter
    start = time.monotonic()
    async for _ in await sdk.chat.completions.create(**body):
        pass
    await _answered(model)
    return model.requests[-1].at - start


async def _through_cameo(model: ScriptedModel, place: LocalRoom, running: Cameo, asked: list[str]) -> float:
    before, start = len(model.requests), time.monotonic()
    asked.append(await place.say(running, f"@cameo when does ferry number {before} leave?"))
    await model.asked(before + 1)
    await _answered(model)
    return model.requests[before].at - start


async def _answered(model: ScriptedModel) -> None:
    await model.until(lambda server: bool(server.requests) and server.requests[-1].finished, seconds=30)


async def _once_each(report: Report, place: LocalRoom, running: Cameo, asked: list[str]) -> None:
    async def all_there() -> Counter[str] | None:
        replies = await place.replies(running)
        return replies if all(replies[one] for one in asked) else None

    try:
        await eventually(all_there)
    except TimeoutError:
        report.breach("a question got no reply")
    await asyncio.sleep(0.5)
    replies = await place.replies(running)
    if any(replies[one] > 1 for one in asked):
        report.breach("a question got two replies")
