"""What a caller hears if nothing that was said here answers: one honest line, and now and then how to mend that."""

import re
from datetime import date, datetime

from bot.config.policy import InForce
from bot.decide.reference import Reference
from bot.decide.signals import kinds
from bot.language.called import COLON, OUR_CALL, without_name
from bot.language.packs import MessageKind
from bot.language.wishes import WishOfUs, wish_of
from bot.types import Message, Room
from bot.write.asker_language import asker_language
from bot.write.honesty import language_asked_in
from bot.write.persona import Persona
from bot.write.pointing.terms import terms
from bot.write.pointing.usable import Usable
from bot.write.pointing.when import Phrases

ROOMS_TOLD = 1000  # rooms and languages that are remembered as having been told today
_CALL = re.compile(rf"<@[^>\s]*>|@?\s*{OUR_CALL}|{COLON}|^@\S+")  # of us, under whatever name a platform has for us


class NoFind:
    """Chooses the line, in the language of who asks. Each room is told once a day in each language, and after each
    start, how to give Cameo a model."""

    def __init__(self, phrases: Phrases, reference: Reference, policy: InForce[Persona]):
        self._phrases, self._reference, self._policy = phrases, reference, policy
        self._told: dict[tuple[Room, str], date] = {}

    def line(self, trigger: Message, persona: Persona, usable: Usable, now: datetime) -> str:
        """The line for a call. `now` is in the room's time zone, whose days count."""
        language = asker_language(trigger.text, self._reference.packs, persona.language)
        if (asked_in := language_asked_in(trigger.text, persona.called)) is not None:
            is_own = persona.greeting and asked_in == persona.language
            return persona.greeting if persona.greeting and is_own else self._phrases.say("sign.honest", asked_in)
        if usable.hurts(trigger):
            return self._phrases.say("pointer.hurts", language)
        if (wish := wished(trigger, persona)) is not None:
            return self._about_us(wish, trigger.room, persona, language)
        if self._is_courtesy(trigger, persona):
            thanks = MessageKind.THANKS in kinds(trigger, self._reference.packs)
            return self._phrases.say("pointer.thanks" if thanks else "pointer.hello", language)
        nothing = self._phrases.say("pointer.nothing", language)
        if not self._tells(trigger.room, language, now.date()):
            return nothing
        return self._joined(language, nothing, self._model(trigger.room, language))

    def _about_us(self, wish: WishOfUs, room: Room, persona: Persona, language: str) -> str:
        """What we are and how to give us a model; or how a member is forgotten."""
        say, settings = self._phrases.say, self._policy.current.settings
        if wish is WishOfUs.HELP:
            own = persona.greeting if persona.language == language else None
            return self._joined(language, own or say("sign.honest", language), self._model(room, language))
        told = [say("pointer.forget", language, days=settings.keep_days)]
        if settings.contact:
            told.append(say("pointer.contact", language, contact=settings.contact))
        if settings.privacy_url:
            told.append(say("pointer.privacy", language, url=settings.privacy_url))
        return self._joined(language, *told)

    def _model(self, room: Room, language: str) -> str:
        """That we only point, and how to give us a model."""
        place = "local" if room.platform == "local" else "elsewhere"
        return self._phrases.say(f"pointer.no_model.{place}", language)

    def _joined(self, language: str, *sentences: str) -> str:
        return ("" if language == "zh" else " ").join(sentences)

    def _is_courtesy(self, trigger: Message, persona: Persona) -> bool:
        """Whether the call asks nothing: thanks, a greeting, or only our name."""
        found = kinds(trigger, self._reference.packs)
        if MessageKind.QUESTION in found:
            return False
        names = {name.casefold() for name in persona.called}
        says = [form for form in terms(trigger.said).values() if form not in names]
        return not says or bool(found & {MessageKind.THANKS, MessageKind.SMALL_TALK})

    def _tells(self, room: Room, language: str, day: date) -> bool:
        """Whether the room is told now, in that language, how to give Cameo a model."""
        if self._told.get((room, language)) == day:
            return False
        if len(self._told) >= ROOMS_TOLD:
            self._told.clear()
        self._told[room, language] = day
        return True


def wished(trigger: Message, persona: Persona) -> WishOfUs | None:
    """What a call wants of ourselves, if anything."""
    return wish_of(_CALL.sub(" ", without_name(trigger.said, persona.called)))
