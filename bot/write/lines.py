"""What members get in place of an answer, from the catalogue: in the language of who asked, not of the persona."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any, Protocol

from bot.config.helplines import CountryNumbers, helplines
from bot.config.policy import InForce
from bot.decide.budget import Budget
from bot.decide.care import Care
from bot.decide.floor import SIGN
from bot.decide.reasons import Reason
from bot.language.asked_for import wishes
from bot.language.packs import Packs
from bot.types import Clock, Message, Turn, Usage
from bot.write.asker_language import asker_language
from bot.write.honesty import language_asked_in
from bot.write.persona import Persona
from bot.write.second_try import Occasion

BURST_MESSAGES, TOGETHER = 3, timedelta(minutes=2)  # before the trigger: what people send in one go
LINES = {"dishonest": "honest"}  # catalogue lines whose name differs from the error


@dataclass(frozen=True, slots=True)
class Written:
    """A text, a sign (an emoji), or with both empty a pass. `error` is a reason code if no model could write;
    `declined` says whether the writer or the judge passed. `points_at` is the message that the text points at, and
    `pointer` what is to be explained about that."""

    text: str = ""
    sign: str = ""
    model: str = ""
    usage: Usage = Usage()
    error: str = ""
    declined: Reason = Reason.PASSED
    points_at: str = ""
    pointer: Mapping[str, Any] | None = None


class Signs(Protocol):
    """The catalogue of lines that members get instead of an answer."""

    def sign(self, code: str, language: str = "en", wait: timedelta | None = None) -> str:
        """The line for the reason `code`, with how long to wait, if known."""

    def careful(self, who: str, language: str, country: CountryNumbers | None, *, again: bool) -> str:
        """The fixed text for a call that speaks of danger."""

    def notice(self, language: str, command: str) -> str:
        """The line under our first words to somebody."""

    def cut(self, language: str) -> str:
        """The sign at the end of an answer that was cut."""


def asked_together(thread: Sequence[Message], trigger: Message) -> str:
    """The trigger's text after what its author wrote directly before it: one wish often comes in several messages."""
    before = [message for message in thread if message.id != trigger.id][-BURST_MESSAGES:]
    together = [message.text for message in takewhile(lambda message: _is_near(message, trigger), reversed(before))]
    return "\n".join([*reversed(together), trigger.text])


def _is_near(message: Message, trigger: Message) -> bool:
    return message.author.id == trigger.author.id and abs(trigger.at - message.at) <= TOGETHER


class Lines:
    """Chooses the line. `packs` tell the language of a message."""

    def __init__(self, words: Signs, policy: InForce[Persona], budget: Budget, clock: Clock, packs: Packs):
        self._words, self._policy, self._budget, self._clock, self._packs = words, policy, budget, clock, packs

    def notice(self, turn: Turn, command: str) -> str:
        """Who we are, and how to see what we keep, in the language of the answer."""
        return self._words.notice(self._language(turn, turn.text), command)

    def sign(self, turn: Turn, asked: str) -> Written:
        """The answer over a limit: one honest line per window, then only an emoji. `asked` is what the member wrote."""
        if turn.sign:
            return Written(sign=turn.sign)
        now = self._clock.now()
        limited = self._budget.against(turn.member, turn.thread.room, now)
        wait = limited.until - now if limited else None
        return Written(text=self._words.sign(str(turn.decision.reason), self._language(turn, asked), wait))

    def careful(self, care: Care) -> Written:
        """The fixed text for a call that speaks of danger: without a persona and without a model."""
        country = self._policy.current.settings.country
        numbers = helplines()[country] if country else None
        return Written(text=self._words.careful(str(care.who), care.language, numbers, again=care.again))

    def apologise(self, turn: Turn, asked: str, trouble: str, *, always: bool = False) -> Written:
        """An apology if we were called: one line per room and error in a while (`always`: each time), otherwise an
        emoji. Empty if nobody called. `asked` is what the member wrote."""
        text = sign = ""
        now = self._clock.now()
        if turn.addressed and (always or self._budget.apologise(turn.thread.room, trouble, now)):
            wait = self._budget.day_ends(now) - now if trouble == Reason.BUDGET else None
            language = (trouble == "dishonest" and self._asked_in(turn, asked)) or self._language(turn, asked)
            text = self._words.sign(LINES.get(trouble, trouble), language, wait)
        elif turn.addressed:
            sign = SIGN
        return Written(text, sign, error=trouble)

    def occasion(self, turn: Turn, asked: str, own: Sequence[str], *, plain: bool) -> Occasion:
        """What a draft of this turn is read against; `own` are our last lines in the room."""
        sign = self._words.cut(self._language(turn, asked))
        return Occasion(asked, turn.addressed, wishes(asked), own, sign, plain)

    def _asked_in(self, turn: Turn, asked: str) -> str | None:
        """The language in which a member asks what we are, also one that no pack reads."""
        return language_asked_in(asked, self._policy.current.persona(turn.persona, turn.thread.room).called)

    def _language(self, turn: Turn, asked: str) -> str:
        persona = self._policy.current.persona(turn.persona, turn.thread.room)
        return asker_language(asked, self._packs, persona.language)
