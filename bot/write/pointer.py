"""Answers without a model: points at what a person has said in this room before, in their own words.

Called, it looks for an earlier question much like this one that a person answered, or for a statement that answers it.
Uncalled, it speaks only if it is surer. It knows no synonyms beyond those of `pointing/terms.py`, and invents nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.config.policy import InForce
from bot.decide.reference import Reference
from bot.language.harm import Harms
from bot.remember.memory import Memory
from bot.remember.visibility import Viewer
from bot.types import Adapter, Message, Room, Turn
from bot.write.answered import answered_by
from bot.write.asker_language import asker_language
from bot.write.dates import said_at
from bot.write.persona import Persona
from bot.write.pointing import frame
from bot.write.pointing.no_find import NoFind, wished
from bot.write.pointing.past_search import PastQuery, PastSearch
from bot.write.pointing.quotable import may_be_repeated
from bot.write.pointing.quote import Quotation, quotation
from bot.write.pointing.terms import terms
from bot.write.pointing.usable import Usable
from bot.write.pointing.when import Phrases, when

# Scores, chosen by `python -m tests.train.pointer --data irc-train`. In windows that were held out (the others in
# brackets), 0.7 is right in .88 (.95) of the cases, covers .39 (.44) of the questions that can be answered, and points
# in .02 (.01) of the others; 0.8 is right in .97 (.97), covers .34 (.42), and points in none of the others.
CALLED_FROM, UNCALLED_FROM = 0.7, 0.8


def least(*, addressed: bool) -> float:
    """The lowest score at which it points."""
    return CALLED_FROM if addressed else UNCALLED_FROM


@dataclass(frozen=True, slots=True)
class Pointed:
    """A text that points at `message`, whose words it quotes. `score`, 0 to 1: how sure that it answers."""

    text: str
    message: Message
    score: float


class Pointer:
    def __init__(self, memory: Memory, phrases: Phrases, policy: InForce[Persona], reference: Reference, harms: Harms):
        self._memory, self._phrases, self._policy = memory, phrases, policy
        self._reference, self._harms = reference, harms
        self._search = PastSearch(memory, reference)
        self._no_find = NoFind(phrases, reference, policy)

    async def point(
        self,
        turn: Turn,
        trigger: Message,
        adapter: Adapter,
        persona: Persona,
        viewer: Viewer,
        *,
        addressed: bool,
        now: datetime,
    ) -> Pointed | None:
        """What a person has said that answers the trigger; None if nothing is good enough. `now` is in the room's time
        zone. Raises StoreError."""
        usable = self._usable(trigger.room)
        about_us = addressed and wished(trigger, persona) is not None
        if usable.hurts(trigger) or not may_be_repeated(trigger.said) or about_us:
            return None
        if not (addressed or self._search.asks(trigger)):
            return None
        asked = await self._asked(trigger, adapter, persona, viewer)
        query = PastQuery(asked, trigger, viewer, usable)
        for one in await self._search.candidates(query, least(addressed=addressed)):
            words = quotation(one.message.text, _tells, called=bool(one.message.mentions))
            text = words and self._text(turn, asked, one.message, words, adapter, persona, now)
            if text:
                return Pointed(text, one.message, one.score)
        return None

    def nothing(self, turn: Turn, trigger: Message, persona: Persona, now: datetime) -> str:
        """The honest line for a call that nothing said here answers (`pointing/no_find.py`)."""
        return self._no_find.line(trigger, persona, self._usable(trigger.room), now)

    def _usable(self, room: Room) -> Usable:
        return Usable(self._policy.current.rule(room), self._reference, self._harms)

    # --- the search ------------------------------------------------------------------------------

    async def _asked(self, trigger: Message, adapter: Adapter, persona: Persona, viewer: Viewer) -> str:
        """What is asked: the trigger's words or, if they only call us, those of the message that it answers."""
        names = {name.casefold() for name in persona.called}
        if any(word.casefold() not in names for word in terms(trigger.said)):
            return trigger.said
        answered = await answered_by(self._memory, adapter, viewer, trigger)
        return answered.said if answered else trigger.said

    # --- the text --------------------------------------------------------------------------------

    def _text(
        self,
        turn: Turn,
        asked: str,
        message: Message,
        words: Quotation,
        adapter: Adapter,
        persona: Persona,
        now: datetime,
    ) -> str | None:
        language = self._language(asked, persona)
        quote = words.marked(language)
        link = adapter.link(message.thread, message.id)
        lines = self._lines(persona, language)
        return quote and frame.framed(
            frame.chosen(lines, turn.id),
            name=frame.called(message.author, self._our_names(), self._phrases.say("pointer.somebody", language)),
            when=when(said_at(message, now.tzinfo), now, self._phrases, language),
            quote=quote,
            link=frame.linked(link, self._phrases.say("pointer.link", language)),
        )

    def _our_names(self) -> Iterable[str]:
        return (name for one in self._policy.current.personas.values() for name in one.called)

    def _lines(self, persona: Persona, language: str) -> Sequence[str]:
        """The persona's lines in that language, else the catalogue's."""
        own = [line for line in persona.points if self._language(frame.bare(line), persona) == language]
        return own or frame.defaults(self._phrases, language)

    def _language(self, text: str, persona: Persona) -> str:
        return asker_language(text, self._reference.packs, persona.language)


def _tells(sentence: str) -> float:
    return float(bool(terms(sentence)))
