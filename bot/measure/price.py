"""What a reply would have cost: the prompts that would have been sent, at the prices of the models that would have been
asked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from bot.config.model_settings import ModelSettings, asked_models
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.decide.budget import NEARLY
from bot.types import Message, Turn, Usage
from bot.write.abilities import abilities_in
from bot.write.judge import ANSWER_TOKENS, compose_judge
from bot.write.models.chat import ChatMessage, estimate_input
from bot.write.models.usage import counted
from bot.write.persona import Persona
from bot.write.prompt import compose
from bot.write.tasks import task_of

THREAD_MESSAGES, ROOM_MESSAGES = 60, 12  # as many as the writer reads from the store
TOKENS_A_WORD = 2  # estimate for a reply; rather too many than too few


class Priced(Protocol):
    """Estimates the usage of replies. `is_free`: nothing has a price."""

    is_free: bool

    def usage(
        self,
        turn: Turn,
        trigger: Message,
        recent: Sequence[Message],
        now: datetime,
        *,
        rule: RoomRule | None = None,
        used: float = 0.0,
    ) -> Usage: ...


class Pricing:
    """Estimates the cost of replies, with the prices of the first priced model of `writer`, or of the room's economy
    model when a limit runs short. Unprompted replies include the judge, who is assumed to agree.

    The estimate leaves out recalled memories, savings by a provider's cache, and the reasoning of models that think
    before they answer.
    """

    def __init__(self, settings: Settings, personas: Mapping[str, Persona]):
        self._personas, self._models = personas, settings.models
        self._abilities = abilities_in(settings)
        self._writer = priced_model(settings)
        # No model that may be asked has a price.
        self.is_free = self._writer is None and not any(map(_is_priced, _small_models(settings)))

    def usage(
        self,
        turn: Turn,
        trigger: Message,
        recent: Sequence[Message],
        now: datetime,
        *,
        rule: RoomRule | None = None,
        used: float = 0.0,
    ) -> Usage:
        """The estimated usage of a reply.

        `recent` are the room's last messages in all its threads, oldest first; `used` is the largest used share of the
        limits that concern the turn (`Budget.used`).
        """
        latest = reversed(recent)
        thread = [*islice((one for one in latest if one.thread.root == trigger.thread.root), THREAD_MESSAGES)][::-1]
        judged = self._judged(turn, trigger, thread, rule.judge if rule else None)
        economy = rule.economy if rule and used >= NEARLY else None
        writer = self._models[economy] if economy else self._writer
        return judged + self._written(turn, trigger, thread, recent, now, writer)

    def _judged(self, turn: Turn, trigger: Message, thread: Sequence[Message], name: str | None) -> Usage:
        if name is None or turn.addressed:
            return Usage()
        judge = self._models[name]
        prompt = compose_judge(self._personas[turn.persona].name, thread, trigger, judge.context_tokens)
        return _usage(judge, prompt, ANSWER_TOKENS)

    def _written(
        self,
        turn: Turn,
        trigger: Message,
        thread: Sequence[Message],
        recent: Sequence[Message],
        now: datetime,
        model: ModelSettings | None,
    ) -> Usage:
        if model is None or not _is_priced(model):
            return Usage()
        persona = self._personas[turn.persona]
        known = {message.id for message in thread} | {trigger.id}
        lately = [message for message in recent[-ROOM_MESSAGES:] if message.id not in known]
        prompt = compose(
            persona, trigger.room, thread, lately, (), trigger,
            task=task_of(turn.decision.reason, addressed=turn.addressed), now=now,
            room_tokens=model.context_tokens, abilities=self._abilities,
        )  # fmt: skip
        return _usage(model, prompt, min(model.output_tokens, persona.max_words * TOKENS_A_WORD))


def priced_model(settings: Settings) -> ModelSettings | None:
    """The first model with a price that may be asked (none after the pointer is), or None."""
    models = (settings.models[name] for name in asked_models(settings.writer) if name in settings.models)
    return next((model for model in models if _is_priced(model)), None)


def _small_models(settings: Settings) -> Iterator[ModelSettings]:
    """The economy and judge models that rooms name."""
    names = {name for rule in settings.rooms for name in (rule.economy, rule.judge) if name}
    return (settings.models[name] for name in names if name in settings.models)


def _is_priced(model: ModelSettings) -> bool:
    return model.price is not None and bool(model.price.input or model.price.output)


def _usage(model: ModelSettings, prompt: Sequence[ChatMessage], output: int) -> Usage:
    if not _is_priced(model):
        return Usage()
    return counted(model.price, total=estimate_input(prompt), cached=0, output=output)
