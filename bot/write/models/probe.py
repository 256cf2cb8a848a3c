"""Tries a model once, as its settings say, for the manager who sets it up: does it answer, and if not, why?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.config.model_settings import ModelSettings
from bot.types import Clock, Usage
from bot.write.models import usage
from bot.write.models.addresses import is_loopback, listens
from bot.write.models.causes import Cause, cause_of, sentence
from bot.write.models.chat import ChatMessage
from bot.write.models.failover import USUAL_INPUT, USUAL_OUTPUT, Spend, worst_case_usd
from bot.write.models.faults import Fault
from bot.write.models.model_state import LEFT_ALONE, choose, opened
from bot.write.models.progress import Progress

if TYPE_CHECKING:
    from bot.write.models.endpoint import Endpoint

LIST_SECONDS = 8.0  # the longest list, OpenRouter's, has half a megabyte; without a list the name is typed
MOST_LISTED = 1_000  # names; OpenRouter lists about 400
LONGEST_LISTED = 200  # characters; what a hostile server lists must not fill a page


@dataclass(frozen=True, slots=True)
class Probe:
    """What one request gave: a text, or a cause. `model` is the name that was asked for, `said` the server's own words
    about its error, which may quote the key; `listed` are the names that it lists, for chats; `cost_usd` is what the
    probe cost. `hundred_usd` is what a hundred answers of the usual length cost, None without a price."""

    model: str
    text: str = ""
    seconds: float = 0.0
    cause: Cause | None = None
    said: str = ""
    listed: tuple[str, ...] = ()
    cost_usd: float = 0.0
    hundred_usd: float | None = None
    over_budget: bool = False


async def probe_model(settings: ModelSettings, ask: str, spend: Spend, clock: Clock) -> Probe:
    """Asks the model at `base_url` to answer `ask`. Takes at most its `first_token_seconds` and LIST_SECONDS until the
    first word. What it used is charged to `spend`, also if the caller cancels."""
    endpoint = opened(settings, settings.base_url or "", settings.key, settings.model, clock)
    try:
        pairs, trouble = await _listed(endpoint)
        listed = tuple(name[:LONGEST_LISTED] for name, _ in pairs if not _is_left_alone(name))[:MOST_LISTED]
        if trouble is not None:
            return Probe(settings.model or "", cause=cause_of(trouble), said=sentence(trouble.body))
        if pairs or settings.model is None:
            try:
                endpoint.name = choose(pairs, settings.model)
            except Fault:
                cause = Cause.NO_MODEL if settings.model else Cause.NOT_LOADED
                return Probe(settings.model or "", cause=cause, listed=listed)
        return await _asked(endpoint, ask, spend, clock, listed)
    finally:
        await endpoint.close()


def _is_left_alone(name: str) -> bool:
    return any(word in name.casefold() for word in LEFT_ALONE)


async def _listed(endpoint: "Endpoint") -> tuple[list[tuple[str, str]], Fault | None]:
    """The server's models, and the fault if it can't be reached. Not every server lists its models, and not every key
    may read the list: then asking tells."""
    try:
        return await endpoint.listed(LIST_SECONDS), None
    except Fault as fault:
        is_final = endpoint.settings.model is None or (fault.status == 0 and cause_of(fault) not in ANSWERING)
        return [], fault if is_final else None


ANSWERING = frozenset({Cause.NOT_AN_API, Cause.SLOW, Cause.HUNG_UP})  # something is there, and may still chat


async def _asked(endpoint: "Endpoint", ask: str, spend: Spend, clock: Clock, listed: tuple[str, ...]) -> Probe:
    settings, messages, progress = endpoint.settings, [ChatMessage("user", ask)], Progress()
    name, worst = endpoint.name or "", worst_case_usd(settings, messages)
    if not await spend.reserve(settings.name, worst) and worst > 0:
        return Probe(name, listed=listed, over_budget=True)
    begun, took = clock.now(), Usage()
    try:
        text = await endpoint.ask(messages, progress, None)
    except Fault as fault:
        return Probe(name, cause=cause_of(fault), said=sentence(fault.body), listed=listed)
    finally:
        took = progress.took(settings, messages, settings.output_tokens)
        spend.charge(settings.name, took)
    seconds = (clock.now() - begun).total_seconds()
    return Probe(name, text, seconds, listed=listed, cost_usd=took.cost_usd, hundred_usd=_hundred_usd(settings, took))


def _hundred_usd(settings: ModelSettings, took: Usage) -> float | None:
    """US dollars for a hundred answers of the usual length, with as many thoughts as this one had."""
    if settings.price is None:
        return None
    output = max(USUAL_OUTPUT, took.output_tokens)
    return 100 * usage.cost(settings.price, fresh=USUAL_INPUT, cached=0, output=output)


async def listed_now(settings: ModelSettings, clock: Clock) -> tuple[str, ...] | None:
    """The models for chats at a server that may not be running, asked for PROBE_SECONDS at most; None if it is not."""
    url = settings.base_url or ""
    if is_loopback(url) and not await listens(url):
        return None
    endpoint = opened(settings, url, settings.key, None, clock)
    try:
        return tuple(name[:LONGEST_LISTED] for name, _ in await endpoint.listed() if not _is_left_alone(name))[
            :MOST_LISTED
        ]
    except Fault:
        return None
    finally:
        await endpoint.close()
