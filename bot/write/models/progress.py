"""The state of an answer while it arrives: its text, and enough to compute its cost if it never ends. Pure."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.config.model_settings import ModelSettings
from bot.types import Usage
from bot.write.models import usage
from bot.write.models.chat import ChatMessage, estimate_input
from bot.write.models.delta import Delta, delta_of
from bot.write.models.finish import Finish, finish_of
from bot.write.models.output_reader import OutputReader
from bot.write.models.pieces import Pieces
from bot.write.models.tokens import token_share

log = structlog.get_logger()

OnText = Callable[[str], Awaitable[None]]
"""Takes what can be read so far of an answer."""

TOKEN_CHARACTERS = 16  # of the longest tokens; more than the token limit times this means a server out of control
THINKING_CHARACTERS = 200_000  # reasoning is discarded, but costs time and money


@dataclass
class Progress:
    """`asked`: the request has reached the server, and may cost; `abandoned`: we left before the answer ended;
    `previewed`: part of the text was shown."""

    asked: bool = False
    abandoned: bool = False
    visible: OutputReader = field(default_factory=OutputReader)
    characters: int = 0
    estimated_output: float = 0.0
    reported: Mapping[str, Any] | None = None
    finish: str = ""
    previewed: bool = False
    _pieces: Pieces = field(default_factory=Pieces)

    @property
    def ended(self) -> Finish:
        return finish_of(self.finish)

    def take(self, chunk: Mapping[str, Any]) -> bool:
        """Adds a chunk; returns whether it holds output of the model, thoughts included."""
        self.reported = usage.merged(self.reported, usage.reported(chunk))
        delta, is_after = delta_of(chunk), bool(self.finish)
        self.finish = delta.finish or self.finish
        if not delta.output:
            return False
        self.characters += len(delta.output)
        self.estimated_output += max(1.0, token_share(delta.output))  # most servers send a token per chunk
        self._show(delta, is_after)
        return True

    def _show(self, delta: Delta, is_after: bool) -> None:
        if delta.is_whole and self._pieces.text:
            return  # the message repeats what the pieces have said
        if self._pieces.restarts(delta.text):
            self.visible = type(self.visible)()
        self.visible.add(self._pieces.add(delta.text, is_last=bool(delta.finish), is_after=is_after))

    def is_too_much(self, output_tokens: int) -> bool:
        """Whether more has come than `output_tokens` can hold."""
        too_long = len(self.visible.text) > output_tokens * TOKEN_CHARACTERS
        return too_long or self.characters > THINKING_CHARACTERS

    def took(self, settings: ModelSettings, messages: Sequence[ChatMessage], most_output: int = 0) -> Usage:
        """The usage as the server reported it, otherwise (also if that can't be true) estimated; zero if the request
        never reached the server. An answer that was abandoned before its first token may have been thought about all
        the while, unseen: it counts as `most_output` tokens."""
        if self.reported is not None and usage.is_plausible(self.reported, settings.context_tokens):
            most, sent = usage.PLAUSIBLE_CONTEXTS * settings.context_tokens, estimate_input(messages)
            return usage.parse(
                self.reported, settings.price, sent=sent, received=round(self.estimated_output), most=most
            )
        if self.reported is not None:
            log.warning("model_usage_implausible", model=settings.name)
        if not self.asked:
            return Usage()
        total, output = estimate_input(messages), round(self.estimated_output)
        if self.abandoned and not self.characters:
            output = most_output
        return usage.at_least(usage.counted(settings.price, total=total, cached=0, output=output), self.reported or {})
