"""Answers without a model: points at what a person has said in this room before, in their own words.

Called, it looks for an earlier question much like this one that a person answered, or for a statement that answers it.
Uncalled, it speaks only if it is surer. It knows no synonyms beyond those of `pointing/terms.py`, and invents nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.config.policy import InForce
from bot.decide.reference import Reference
from bot.decide.signals import asks, kinds
from bot.language.harm import Harms
from bot.language.packs import MessageKind
from bot.remember.memory import Memory
from bot.remember.search import Found
from bot.remember.visibility import Viewer
from bot.types import Adapter, Message, Room, Turn
from bot.write.answered import answered_by
from bot.write.asker_language import asker_language
from bot.write.dates import said_at
from bot.write.persona import Persona
from bot.write.pointing import frame
from bot.write.pointing.answers import answers
from bot.write.pointing.likeness import Likeness, Rarity, likeness, told
from bot.write.pointing.quote import Quotation, quotation
from bot.write.pointing.terms import terms
from bot.write.pointing.usable import Usable
from bot.write.pointing.when import Phrases, when

CALLED_FROM, UNCALLED_FROM = 0.62, 0.75  # scores
SEARCHED = 40  # messages that the search gives; the best by its order are rarely the best by ours
LOOKED_AT = 5  # earlier questions whose answers are looked for
BEFORE, AFTER = 20, 40  # messages around an earlier question
ROOMS_TOLD = 1000  # rooms that are remembered as having been told today


@dataclass(frozen=True, slots=True)
class Pointed:
    """A text that points at `message`, whose words it quotes. `score`, 0 to 1: how sure that it answers."""

    text: str
    message: Message
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    message: Message
    score: float


class Pointer:
    def __init__(self, memory: Memory, phrases: Phrases, policy: InForce[Persona], reference: Reference, harms: Harms):
        self._memory, self._phrases, self._policy = memory, phrases, policy
        self._reference, self._harms = reference, harms
        self._told: dict[Room, object] = {}

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
        usable = Usable(self._policy.current.rule(trigger.room), self._reference, self._harms)
        if usable.hurts(trigger):
            return None
        asked = await self._asked(trigger, adapter, persona, viewer)
        least = CALLED_FROM if addressed else UNCALLED_FROM
        for one in await self._candidates(asked, trigger, viewer, usable):
            if one.score < least:
                break
            words = quotation(one.message.text, _tells, called=bool(one.message.mentions))
            text = words and self._text(turn, asked, one.message, words, adapter, persona, now)
            if text:
                return Pointed(text, one.message, one.score)
        return None

    def nothing(self, turn: Turn, trigger: Message, persona: Persona, now: datetime) -> str:
        """The honest line for a call that nothing said here answers; once a day in each room (and after each start) it
        says how to give Cameo a model, too."""
        language = self._language(trigger.text, persona)
        day, room = now.date(), trigger.room
        if self._told.get(room) == day:
            return self._phrases.say("pointer.nothing", language)
        if len(self._told) >= ROOMS_TOLD:
            self._told.clear()
        self._told[room] = day
        place = "local" if room.platform == "local" else "elsewhere"
        return self._phrases.say(f"pointer.no_model.{place}", language)

    # --- the search ------------------------------------------------------------------------------

    async def _asked(self, trigger: Message, adapter: Adapter, persona: Persona, viewer: Viewer) -> str:
        """What is asked: the trigger's words or, if they only call us, those of the message that it answers."""
        names = {name.casefold() for name in persona.called}
        if any(word.casefold() not in names for word in terms(trigger.said)):
            return trigger.said
        answered = await answered_by(self._memory, adapter, viewer, trigger)
        return answered.said if answered else trigger.said

    async def _candidates(self, asked: str, trigger: Message, viewer: Viewer, usable: Usable) -> list[_Candidate]:
        forms = terms(asked)
        found = await self._memory.similar(viewer, asked, list(forms.values()), limit=SEARCHED, exclude={trigger.id})
        rarity = self._rarity(forms, found)
        judged = [(likeness(forms, told(one.said), rarity), one) for one in found.messages]
        candidates = list(_statements(judged, trigger, usable))
        questions = [(like, one) for like, one in judged if self._asks(one) and usable.is_person(one.author)]
        questions.sort(key=lambda pair: -_same_question(pair[0]))
        for like, one in questions[:LOOKED_AT]:
            around = await self._memory.around(viewer, one, before=BEFORE, after=AFTER)
            if usable.hurts(one):
                continue
            for answer in answers(one, around, self._reference.weights):
                if usable.may_be_quoted(answer.message) and answer.message.id != trigger.id:
                    score = _same_question(like) * (0.6 + 0.4 * answer.sure)
                    candidates.append(_Candidate(answer.message, score))
        return sorted(candidates, key=lambda one: -one.score)

    def _rarity(self, forms: Mapping[str, str], found: Found) -> Rarity:
        holding = {term: found.holding.get(form, 0) for term, form in forms.items()}
        common = {word for packs in self._reference.packs.values() for pack in packs for word in pack.words}
        return Rarity(holding, found.said, {term for term, form in forms.items() if form in common})

    def _asks(self, message: Message) -> bool:
        return bool(kinds(message, self._reference.packs) & {MessageKind.QUESTION, MessageKind.REQUEST})

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
            name=frame.called(message.author),
            when=when(said_at(message, now.tzinfo), now, self._phrases, language),
            quote=quote,
            link=frame.linked(link, self._phrases.say("pointer.link", language)),
        )

    def _lines(self, persona: Persona, language: str) -> Sequence[str]:
        return frame.defaults(self._phrases, language)

    def _language(self, text: str, persona: Persona) -> str:
        return asker_language(text, self._reference.packs, persona.language)


def _same_question(like: Likeness) -> float:
    return like.covered * (0.7 + 0.3 * min(1.0, like.back / 0.6)) * (1 - 0.5 * like.exchanged)


def _statements(judged: Iterable[tuple[Likeness, Message]], trigger: Message, usable: Usable) -> Iterator[_Candidate]:
    for like, message in judged:
        score = like.covered * 0.9
        if score >= CALLED_FROM and message.author.id != trigger.author.id and not asks(message.said):  # noqa: SIM102
            if usable.may_be_quoted(message):
                yield _Candidate(message, score)


def _tells(sentence: str) -> float:
    return float(bool(terms(sentence)))
