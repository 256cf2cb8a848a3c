"""Asks the configured models in order until one of them gives a text.

When a limit is nearly used up, the room's economy model comes first and more expensive ones are left out. Then
for each model in order that may speak on this platform and is not resting
    reserve the worst case of its cost          refused -> next (a free one may still speak)
    ask, streaming                              text -> done
        busy or broken, nothing shown yet       -> again, up to 3 times within 20 s
        prompt too long                         -> once more with half the context
        anything else                           -> next
then each resting model, once: members who address us deserve a try even if the odds are poor;
if none gives a whole text, the longest one that was cut off is the draft
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential, wait_random

from bot.config.model_settings import ModelSettings, asked_models
from bot.types import Clock, ModelError, Usage
from bot.write.models import usage
from bot.write.models.chat import ChatMessage, estimate_input, without_images
from bot.write.models.faults import Fault, FaultKind
from bot.write.models.finish import Finish
from bot.write.models.form import LIMIT_NAMES
from bot.write.models.model_state import ModelState, ModelStatus
from bot.write.models.progress import OnText, Progress

log = structlog.get_logger()

ATTEMPTS = 3  # of one model in one turn
ATTEMPTS_SECONDS = 20.0  # later, the next model is more likely to answer than another attempt
LONGEST_RETRY_PAUSE = 10.0  # seconds; if a server asks for more (Retry-After), the next model is asked
WRITE_SECONDS = 90.0  # later no further model is asked: nobody waits for that reply any more
CUTS = frozenset({FaultKind.BROKEN, FaultKind.BUSY, FaultKind.SLOW})  # the text before them is the model's own
# A budget must hold if the estimate is low: of chat the vocabulary that counts most is up to 1.23 times above it.
LOW_ESTIMATE = 1.3
USUAL_INPUT, USUAL_OUTPUT = 3000, 100  # tokens: persona, thread and memories in, a few sentences out

Compose = Callable[[int], list[ChatMessage]]
"""Takes the number of input tokens that fit; returns the messages."""


class Spend(Protocol):
    """The budget of one turn."""

    async def reserve(self, model: str, worst_case_usd: float) -> bool:
        """False if the day's budget is used up. Models without a price reserve 0.0 and are asked in any case."""

    def charge(self, model: str, usage: Usage) -> None:
        """Replaces the reservation of an attempt by its usage. Called once for each reserved attempt, also if it failed
        or was cancelled (`usage` is an estimate then, and zero if the request never started)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text by `model` (the configured name), and how it ended. `usage` includes failed attempts."""

    text: str
    model: str
    usage: Usage
    finish: Finish = Finish.STOP


class OverBudget(Exception):
    """The worst case of this model exceeds what is left of the day's budget."""


class Models:
    """The configured models. Those in `order` write, in that order, up to the pointer, if it is named there; the others
    are opened when first asked."""

    def __init__(self, models: Mapping[str, ModelSettings], order: Sequence[str], clock: Clock):
        self._clock = clock
        self._by_name = {name: ModelState(settings, clock) for name, settings in models.items()}
        self._candidates = [self._by_name[name] for name in asked_models(order)]
        self._replaced: list[ModelState] = []  # each is closed once it is no longer used

    async def open(self) -> None:
        """Starts loading the built-in model, and probes local servers (at most 2 s). Does not raise if a model is
        missing."""
        await self._open(self._candidates)

    async def _open(self, candidates: Sequence[ModelState]) -> None:
        async with asyncio.TaskGroup() as group:
            for candidate in candidates:
                group.create_task(candidate.open())
        log.info("models", states={status.name: status.why or status.state for status in self.status()})

    async def change(self, models: Mapping[str, ModelSettings], order: Sequence[str]) -> None:
        """Replaces the models. One with unchanged settings keeps its state; a replaced one finishes the drafts that it
        was asked for. New ones are opened as by `open`."""
        before = self._by_name
        self._by_name = {
            name: before[name]
            if name in before and before[name].settings == settings
            else ModelState(settings, self._clock)
            for name, settings in models.items()
        }
        self._candidates = [self._by_name[name] for name in asked_models(order)]
        kept = self._by_name.values()
        self._replaced += [state for state in before.values() if state not in kept]
        if fresh := [state for state in self._candidates if state not in before.values()]:
            await self._open(fresh)
        await self._close_replaced()

    async def _close_replaced(self) -> None:
        unused = [state for state in self._replaced if not state.uses]
        self._replaced = [state for state in self._replaced if state.uses]
        for state in unused:
            await state.close()

    async def close(self) -> None:
        for candidate in (*self._by_name.values(), *self._replaced):
            await candidate.close()

    def status(self) -> list[ModelStatus]:
        return [candidate.status() for candidate in self._candidates]

    def speaker(self, platform: str) -> ModelStatus | None:
        """The model that would speak now on that platform, or None."""
        found = [candidate.status() for candidate in self._candidates if candidate.speaks_on(platform)]
        usable = [status for status in found if status.usable]
        awake = [status for status in usable if status.state != "resting"]
        return next(iter(awake or usable), None)

    def is_refused(self, platform: str) -> bool:
        """Whether a model that would speak there refuses us (a wrong key, no credit), which a person must mend."""
        return any(candidate.breaker.refusal for candidate in self._candidates if candidate.speaks_on(platform))

    async def write(
        self,
        compose: Compose,
        platform: str,
        spend: Spend,
        on_text: OnText | None = None,
        *,
        economy: str | None = None,
    ) -> Draft:
        """Returns a draft by the first model that gives one. With `economy`, that model is asked first and no more
        expensive one. `on_text` gets the whole text so far, from the start again when another model takes over. A text
        that was cut off (`Finish.CUT_OFF`) is the draft only if no model gives a whole one.

        Raises ModelError: "no_model" (none is available), "over_budget" (none that is available can be paid), "empty"
        (all that answered wrote nothing) or "models_failed"; its detail is for the log.
        """
        writing = _Writing(compose, spend, on_text, self._clock)
        for candidate, attempts in self._plan(platform, economy):
            if writing.is_late:
                break
            if draft := await self._by(candidate, attempts, writing):
                return draft
        if writing.cut_off:
            return writing.cut_off
        raise writing.error()

    async def _by(self, candidate: ModelState, attempts: int, writing: "_Writing") -> Draft | None:
        candidate.uses += 1
        try:
            return await writing.by(candidate, attempts)
        finally:
            candidate.uses -= 1
            if self._replaced:
                await self._close_replaced()

    async def ask(self, name: str, compose: Compose, spend: Spend, *, moderates: bool = False) -> str:
        """Asks one model once and returns its text; `moderates`: its moderation endpoint, which says "yes" or "no".
        Raises ModelError as `write` does."""
        candidate, writing = self._by_name.get(name), _Writing(compose, spend, None, self._clock, moderates)
        if candidate is None:
            raise ModelError("no_model", f"{name}: is not among the models any more")
        if candidate.lacks_key or not candidate.breaker.admits(self._clock.now()):
            raise ModelError("no_model", f"{name}: {candidate.status().why}")
        if draft := await self._by(candidate, 1, writing):
            return draft.text
        raise writing.error()

    def _plan(self, platform: str, economy: str | None) -> Iterator[tuple[ModelState, int]]:
        """Candidates with their number of attempts. Lazy, because states change while the first ones are asked."""
        skipped = []
        for candidate in self._line_up(platform, economy):
            if not candidate.speaks_on(platform):
                continue
            if candidate.breaker.admits(self._clock.now()):
                yield candidate, ATTEMPTS
            elif not candidate.breaker.refusal:  # a wrong key stays wrong
                skipped.append(candidate)
        yield from ((candidate, 1) for candidate in skipped)

    def _line_up(self, platform: str, economy: str | None) -> Sequence[ModelState]:
        """The models to ask, in order. An economy model without its key, or not for this platform, is ignored: it must
        not mute the room."""
        small = self._by_name.get(economy) if economy is not None else None
        if small is None or not small.speaks_on(platform):
            return self._candidates
        most = usual_usd(small.settings)
        others = (candidate for candidate in self._candidates if candidate is not small)
        return [small, *(candidate for candidate in others if usual_usd(candidate.settings) <= most)]


class _Writing:
    """One draft in progress: the faults and the usage so far."""

    def __init__(self, compose: Compose, spend: Spend, on_text: OnText | None, clock: Clock, moderates: bool = False):
        self._moderates = moderates
        self._compose, self._spend, self._on_text, self._clock = compose, spend, on_text, clock
        self._begun = clock.now()
        self._taken = Usage()
        self._faults: list[tuple[str, Fault]] = []
        self._over_budget = False
        self._part = ("", "")  # the longest text that was cut off, and its model

    @property
    def is_late(self) -> bool:
        return _since(self._begun, self._clock) > WRITE_SECONDS

    async def by(self, candidate: ModelState, attempts: int) -> Draft | None:
        """The draft of this model, or None if it gives none."""
        candidate.breaker.begin(self._clock.now())
        try:
            said: tuple[str, Finish] = await self._retrying(attempts)(self._attempt, candidate)
        except Fault as fault:
            self._faults.append((candidate.name, fault))
            return None
        except OverBudget:
            self._over_budget = True
            return None
        finally:
            candidate.breaker.released()  # the trial is over in every case, cancellation included
        candidate.breaker.succeeded()
        text, finish = said
        return Draft(text, candidate.name, self._taken, finish)

    @property
    def cut_off(self) -> Draft | None:
        """The longest text that was cut off, if any."""
        text, model = self._part
        return Draft(text, model, self._taken, Finish.CUT_OFF) if text else None

    def error(self) -> ModelError:
        """Why there is no draft. Absent models count only if there is no other cause."""
        detail = "; ".join(f"{name}: {fault.kind}, {fault.detail}" for name, fault in self._faults)
        if asked := {fault.kind for _, fault in self._faults} - {FaultKind.ABSENT}:
            return ModelError("empty" if asked == {FaultKind.EMPTY} else "models_failed", detail)
        return ModelError("over_budget" if self._over_budget else "no_model", detail)

    def _retrying(self, attempts: int) -> AsyncRetrying:
        begun = self._clock.now()
        backing_off = wait_exponential(multiplier=0.5, max=LONGEST_RETRY_PAUSE / 2) + wait_random(0, 0.5)

        def stop(state: RetryCallState) -> bool:
            return state.attempt_number >= attempts or _since(begun, self._clock) > ATTEMPTS_SECONDS

        def wait(state: RetryCallState) -> float:
            fault = state.outcome.exception() if state.outcome else None
            asked = fault.retry_after if isinstance(fault, Fault) else None
            return backing_off(state) if asked is None else asked

        return AsyncRetrying(
            sleep=self._clock.sleep, stop=stop, wait=wait, retry=retry_if_exception(_is_worth_a_retry), reraise=True
        )

    async def _attempt(self, candidate: ModelState) -> tuple[str, Finish]:
        room = candidate.settings.context_tokens
        try:
            return await self._ask(candidate, room)
        except Fault as fault:
            if fault.kind is not FaultKind.TOO_LONG:
                raise
        return await self._ask(candidate, room // 2)

    async def _ask(self, candidate: ModelState, room: int) -> tuple[str, Finish]:
        """Reserves, asks once, and charges. Raises Fault (the candidate has been blamed) or OverBudget."""
        progress = Progress()
        try:
            endpoint = await candidate.ready()
            composed = self._compose(room)
            messages = composed if candidate.settings.vision else without_images(composed)
            await self._reserve(candidate, messages)
            try:
                ask = endpoint.moderate if self._moderates else endpoint.ask
                return await ask(messages, progress, self._on_text), progress.ended
            finally:
                most = most_output(candidate.settings, candidate.most_output)
                took = progress.took(candidate.settings, messages, most)
                self._taken += took
                candidate.most_output = max(candidate.most_output, took.output_tokens)
                self._spend.charge(candidate.name, took)
        except Fault as fault:
            candidate.blame(fault)
            fault.previewed = progress.previewed
            if fault.kind in CUTS:
                self._part = max(self._part, (progress.visible.end(), candidate.name), key=lambda part: len(part[0]))
            raise

    async def _reserve(self, candidate: ModelState, messages: Sequence[ChatMessage]) -> None:
        worst = worst_case_usd(candidate.settings, messages, candidate.most_output)
        if not await self._spend.reserve(candidate.name, worst) and worst > 0:
            raise OverBudget(candidate.name)


def worst_case_usd(settings: ModelSettings, messages: Sequence[ChatMessage], seen: int = 0) -> float:
    """US dollars if nothing comes from the cache and the model writes `most_output`. The input is taken as LOW_ESTIMATE
    times its estimate."""
    output = most_output(settings, seen)
    return usage.cost(settings.price, fresh=estimate_input(messages) * LOW_ESTIMATE, cached=0, output=output)


def most_output(settings: ModelSettings, seen: int = 0) -> int:
    """The tokens of the model's whole output limit, or as many as were `seen` before: some providers bill thoughts
    beyond the limit."""
    limits = [settings.options[name] for name in LIMIT_NAMES if isinstance(settings.options.get(name), int)]
    return max(*limits, seen) if limits else max(settings.output_tokens, seen)


def usual_usd(settings: ModelSettings) -> float:
    """US dollars for a typical reply, to compare the prices of models."""
    return usage.cost(settings.price, fresh=USUAL_INPUT, cached=0, output=USUAL_OUTPUT)


def _is_worth_a_retry(error: BaseException) -> bool:
    """Only faults that may pass by themselves, and only before a text was shown: people would see it start again."""
    if not isinstance(error, Fault) or error.previewed or error.kind not in (FaultKind.BUSY, FaultKind.BROKEN):
        return False
    return (error.retry_after or 0) <= LONGEST_RETRY_PAUSE


def _since(begun: datetime, clock: Clock) -> float:
    return (clock.now() - begun).total_seconds()
