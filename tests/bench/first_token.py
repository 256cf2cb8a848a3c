"""What Cameo adds before the first token, beside calling the model's SDK directly with the same prompt."""

import asyncio
import time
from statistics import median

from openai import AsyncOpenAI

from tests.bench.report import Report, tail
from tests.fakes.cameo import Cameo, cameo, eventually
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.whole.places import LocalRoom

MODEL_DELAYS = (0.0, 0.3)  # seconds before its first token: none, to see our part; and what a quick provider takes


class Manners:
    """How long the model thinks; it may change between rounds."""

    delay = 0.0

    def __call__(self, request: Request) -> Say:
        return Say("Gladly: the ferry leaves at nine, from the old pier.", first_delay=self.delay)


async def measure(report: Report) -> None:
    manners = Manners()
    async with ScriptedModel(manners) as model:
        place = LocalRoom(model.url)
        async with (
            cameo(report.folder, place.config) as running,
            AsyncOpenAI(base_url=model.url, api_key="none-needed", max_retries=0) as sdk,
        ):
            asked: list[str] = []
            await _through_cameo(model, place, running, asked)  # the first call of each opens its connections
            await _direct(model, sdk)
            for manners.delay in MODEL_DELAYS:
                direct, ours = [], []
                rounds = report.rounds(30, 5)
                for number in range(rounds):
                    report.progress(f"the model takes {manners.delay} s; round {number + 1} of {rounds}")
                    direct.append(await _direct(model, sdk))
                    ours.append(await _through_cameo(model, place, running, asked))
                _tell(report, manners.delay, direct, ours)
            await _once_each(report, place, running, asked)


def _tell(report: Report, delay: float, direct: list[float], ours: list[float]) -> None:
    """The model's first piece leaves `delay` after the request has come; its way back is the same for both."""
    report.figure(f"direct call -> at the model ({delay:g} s)", tail(direct))
    report.figure(f"post to Cameo -> at the model ({delay:g} s)", tail(ours))
    added, whole = median(ours) - median(direct), (median(ours) + delay) / (median(direct) + delay)
    report.figure(f"to the first token, Cameo : direct ({delay:g} s)", f"{whole:.2f} : 1, {added * 1000:,.1f} ms more")


async def _direct(model: ScriptedModel, sdk: AsyncOpenAI) -> float:
    """Seconds until the request has come to the model, with what Cameo asked last, to the letter."""
    body, start = dict(model.requests[-1].body), time.monotonic()
    async for _ in await sdk.chat.completions.create(**body):
        pass
    return model.requests[-1].at - start


async def _through_cameo(model: ScriptedModel, place: LocalRoom, running: Cameo, asked: list[str]) -> float:
    """Seconds until the request has come to the model, from the post of a mention on."""
    before, start = len(model.requests), time.monotonic()
    asked.append(await place.say(running, f"@cameo when does ferry number {before} leave?"))
    await model.until(lambda server: len(server.requests) > before and server.requests[before].finished, seconds=30)
    return model.requests[before].at - start


async def _once_each(report: Report, place: LocalRoom, running: Cameo, asked: list[str]) -> None:
    async def all_answered() -> bool:
        replies = await place.replies(running)
        return all(replies[one] for one in asked)

    await eventually(all_answered)  # or a TimeoutError: this section could not finish
    await asyncio.sleep(1)  # whatever would come twice has come by now
    replies = await place.replies(running)
    if doubled := [one for one in asked if replies[one] > 1]:
        report.breach(f"replied to twice: {doubled}")
