"""What Cameo adds before the first token, compared with calling the model's SDK directly with the same prompt."""

import asyncio
import time
from contextlib import nullcontext
from dataclasses import dataclass
from statistics import median

from openai import AsyncOpenAI

from tests.bench.report import Report, tail
from tests.bench.tab import Tab, open_tab
from tests.fakes.cameo import Cameo, cameo, eventually
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.whole.places import LocalRoom

# Seconds before the model's first token (none, to see our part; and those of a quick provider), and whether a page is
# open, because drawing it is work too.
CASES = ((0.0, False), (0.3, False), (0.3, True))


class Manners:
    """How long the model thinks, which may change between rounds. Its first piece is a number, a new one each time."""

    def __init__(self) -> None:
        self.delay, self.said = 0.0, 0

    def __call__(self, request: Request) -> Say:
        self.said += 1
        first = first_piece(self.said)
        return Say(f"{first} leaves at nine, from the old pier.", first_delay=self.delay, piece=len(first))


def first_piece(number: int) -> str:
    """The first piece of a reply. The numbers have equal length, so that none is part of another."""
    return f"Ferry {number:04}"


@dataclass(frozen=True)
class Times:
    """Seconds from the question until the request reaches the model, and until its first piece can be read."""

    at_model: float
    first_token: float


async def measure(report: Report) -> None:
    manners = Manners()
    async with (
        ScriptedModel(manners) as model,
        cameo(report.folder, LocalRoom(model.url).config) as running,
        AsyncOpenAI(base_url=model.url, api_key="none-needed", max_retries=0) as sdk,
    ):
        place, asked = LocalRoom(model.url), list[str]()
        for manners.delay, is_open in CASES:
            async with open_tab(running, "workshop") if is_open else nullcontext() as tab:
                case = f"{manners.delay:g} s{', page open' if is_open else ''}"
                direct, ours = [], []
                # the first round opens connections and does not count
                for number in range(-1, rounds := report.rounds(30, 4)):
                    report.progress(f"model and page: {case}; round {number + 1} of {rounds}")
                    ours.append(await _through_cameo(model, place, running, tab, asked))
                    direct.append(await _direct(model, sdk))
                _tell(report, case, direct[1:], ours[1:])
        await _once_each(report, place, running, asked)


def _tell(report: Report, case: str, direct: list[Times], ours: list[Times]) -> None:
    report.figure(f"direct call -> at the model ({case})", tail([one.at_model for one in direct]))
    report.figure(f"post to Cameo -> at the model ({case})", tail([one.at_model for one in ours]))
    if all(one.first_token for one in ours):
        report.figure(f"direct call -> first token ({case})", tail([one.first_token for one in direct]))
        report.figure(f"post to Cameo -> preview ({case})", tail([one.first_token for one in ours]))
    back = median(one.first_token - one.at_model for one in direct)  # for the first piece, which nobody looks for here
    plain = median(one.first_token for one in direct)
    seen = median(one.first_token or one.at_model + back for one in ours)
    ratio = f"{seen / plain:.2f} : 1, {(seen - plain) * 1000:,.1f} ms more"
    report.figure(f"to the first token, Cameo : direct ({case})", ratio)


async def _direct(model: ScriptedModel, sdk: AsyncOpenAI) -> Times:
    """Calls the SDK with exactly what Cameo asked last."""
    body, start, first = dict(model.requests[-1].body), time.monotonic(), 0.0
    async for chunk in await sdk.chat.completions.create(**body):
        if not first and chunk.choices and chunk.choices[0].delta.content:
            first = time.monotonic()
    return Times(model.requests[-1].at - start, first - start)


async def _through_cameo(
    model: ScriptedModel, place: LocalRoom, running: Cameo, tab: Tab | None, asked: list[str]
) -> Times:
    """From the post of a mention; `first_token` is 0 if no page is open to see it."""
    before = len(model.requests)
    if tab:
        tab.look_for(first_piece(before + 1))
    start = time.monotonic()
    asked.append(await place.say(running, f"@cameo, question {before}: when does it leave?"))
    await model.until(lambda server: len(server.requests) > before and server.requests[before].finished)
    seen = await tab.seen_at() - start if tab else 0.0
    return Times(model.requests[before].at - start, seen)


async def _once_each(report: Report, place: LocalRoom, running: Cameo, asked: list[str]) -> None:
    async def all_answered() -> bool:
        replies = await place.replies(running)
        return all(replies[one] for one in asked)

    await eventually(all_answered)  # a TimeoutError ends this section
    await asyncio.sleep(1)  # a second reply would have come by now
    replies = await place.replies(running)
    if doubled := [one for one in asked if replies[one] > 1]:
        report.breach(f"replied to twice: {doubled}")
