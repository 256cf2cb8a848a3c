"""What a caller hears if nothing that was said here answers: one honest line, and now and then how to mend that."""

from datetime import date, datetime

from bot.decide.reference import Reference
from bot.decide.signals import kinds
from bot.language.packs import MessageKind
from bot.types import Message, Room
from bot.write.asker_language import asker_language
from bot.write.honesty import language_asked_in
from bot.write.persona import Persona
from bot.write.pointing.terms import terms
from bot.write.pointing.usable import Usable
from bot.write.pointing.when import Phrases

ROOMS_TOLD = 1000  # rooms that are remembered as having been told today


class NoFind:
    """Chooses the line, in the language of who asks. Each room is told once a day, and after each start, how to give
    Cameo a model."""

    def __init__(self, phrases: Phrases, reference: Reference):
        self._phrases, self._reference = phrases, reference
        self._told: dict[Room, date] = {}

    def line(self, trigger: Message, persona: Persona, usable: Usable, now: datetime) -> str:
        """The line for a call. `now` is in the room's time zone, whose days count."""
        language = asker_language(trigger.text, self._reference.packs, persona.language)
        if (asked_in := language_asked_in(trigger.text, persona.called)) is not None:
            is_own = persona.greeting and asked_in == persona.language
            return persona.greeting if persona.greeting and is_own else self._phrases.say("sign.honest", asked_in)
        if usable.hurts(trigger):
            return self._phrases.say("pointer.hurts", language)
        if self._is_courtesy(trigger, persona):
            thanks = MessageKind.THANKS in kinds(trigger, self._reference.packs)
            return self._phrases.say("pointer.thanks" if thanks else "pointer.hello", language)
        if not self._tells(trigger.room, now.date()):
            return self._phrases.say("pointer.nothing", language)
        place = "local" if trigger.room.platform == "local" else "elsewhere"
        return self._phrases.say(f"pointer.no_model.{place}", language)

    def _is_courtesy(self, trigger: Message, persona: Persona) -> bool:
        """Whether the call asks nothing: thanks, a greeting, or only our name."""
        found = kinds(trigger, self._reference.packs)
        if MessageKind.QUESTION in found:
            return False
        names = {name.casefold() for name in persona.called}
        says = [form for form in terms(trigger.said).values() if form not in names]
        return not says or bool(found & {MessageKind.THANKS, MessageKind.SMALL_TALK})

    def _tells(self, room: Room, day: date) -> bool:
        """Whether the room is told now how to give Cameo a model."""
        if self._told.get(room) == day:
            return False
        if len(self._told) >= ROOMS_TOLD:
            self._told.clear()
        self._told[room] = day
        return True
