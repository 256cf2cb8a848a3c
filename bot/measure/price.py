"""What a reply would have cost: the prompt that would have been sent, at the price of the model that would write."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

from bot.settings import ModelSettings, Settings
from bot.types import Message, Turn, Usage
from bot.write.chat import estimate_input
from bot.write.persona import Persona
from bot.write.prompt import compose
from bot.write.usage import counted

THREAD_MESSAGES, ROOM_MESSAGES = 60, 12  # as many as the writer asks the store for
TOKENS_A_WORD = 2  # of a reply; rather too many than too few


class Pricing:
    """Prices replies as the first priced model of `writer` would; without one, everything is free.

    It is an estimate: what memory would have recalled, and what a provider's cache would have spared, are not in it,
    nor what a model that reasons thinks before it answers.
    """

    def __init__(self, settings: Settings, personas: Mapping[str, Persona]):
        self._personas = personas
        self._model = priced_model(settings)

    @property
    def is_free(self) -> bool:
        return self._model is None

    def usage(self, turn: Turn, trigger: Message, recent: Sequence[Message], now: datetime) -> Usage:
        """`recent` are the room's last messages in all its threads, oldest first."""
        if self._model is None:
            return Usage()
        persona = self._personas[turn.persona]
        latest = reversed(recent)
        thread = [*islice((one for one in latest if one.thread.root == trigger.thread.root), THREAD_MESSAGES)][::-1]
        known = {message.id for message in thread} | {trigger.id}
        lately = [message for message in recent[-ROOM_MESSAGES:] if message.id not in known]
        prompt = compose(
            persona, trigger.room, thread, lately, (), trigger,
            addressed=turn.addressed, now=now, room_tokens=self._model.context_tokens,
        )  # fmt: skip
        words = persona.max_words if turn.addressed else persona.max_words // 2
        output = min(self._model.output_tokens, words * TOKENS_A_WORD)
        return counted(self._model.price, total=estimate_input(prompt), cached=0, output=output)


def priced_model(settings: Settings) -> ModelSettings | None:
    """The first model of `writer` that has a price."""
    models = (settings.models[name] for name in settings.writer if name in settings.models)
    return next((model for model in models if model.price and (model.price.input or model.price.output)), None)
