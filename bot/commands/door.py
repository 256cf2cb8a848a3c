"""Whether a command may be carried out: reads it, and asks for rates, power and place."""

from typing import NamedTuple

from bot.commands.misread import explained, shown
from bot.commands.parse import Misread, ReadCommand, parse, read_path
from bot.commands.rates import Rate, Rates
from bot.commands.request import Request, Wording
from bot.commands.scopes import NoRoom, place
from bot.config.policy import InForce
from bot.explain.words import Words
from bot.language.packs import Packs
from bot.remember.asked import last_words
from bot.remember.store import Store
from bot.types import Answer, Asked, Clock, Power, Where
from bot.write.asker_language import asker_language
from bot.write.persona import Persona

TYPED = "!cameo "  # where commands are typed as messages; the big platforms have menus of their own
SLASH = "/cameo "
TERMINAL = "./cameo "
CONSOLE = "console"  # `Asked.via` of the command line and the JSON API


class Refusal(NamedTuple):
    """What is said instead, None for nothing. `outcome` is for the trail; `command` is the one that was meant."""

    answer: Answer | None
    outcome: str
    command: str = ""


class Door:
    def __init__(self, policy: InForce[Persona], store: Store, words: Words, packs: Packs, clock: Clock):
        self._policy, self._store, self._words, self._packs, self._clock = policy, store, words, packs, clock
        self._rates = Rates()

    async def admit(self, asked: Asked) -> Request | Refusal:
        """The request, or why there is none. Raises StoreError."""
        wording = await self.wording(asked)
        if asked.power is not Power.OPERATOR:
            match self._rates.count(f"{asked.room.platform} {asked.author.id}", self._clock.now()):
                case Rate.SILENT:
                    return Refusal(None, "rate")
                case Rate.TOLD:
                    return Refusal(Answer(wording.say("refused.fast")), "rate")
        read = read_path(asked.path, dict(asked.options)) if asked.path else parse(asked.text)
        if isinstance(read, Misread):
            return Refusal(Answer(explained(read, wording)), "misread", read.command.name if read.command else "")
        return await self._allowed(asked, read, wording)

    async def wording(self, asked: Asked) -> Wording:
        """The asker's language, as the platform tells it, or as their messages and the command show it; and how they
        type commands. Raises StoreError."""
        prefix = TERMINAL if asked.via == CONSOLE else SLASH if asked.path else TYPED
        language = asked.locale
        if not language:
            said = await self._store.ask(last_words(asked.room, asked.author.id))
            policy = self._policy.current
            default = policy.personas[policy.rule(asked.room).persona].language
            language = asker_language(
                "\n".join([asked.text if _is_han(asked.text) else "", *said]), self._packs, default
            )
        return Wording(self._words, language, prefix)

    async def _allowed(self, asked: Asked, read: ReadCommand, wording: Wording) -> Request | Refusal:
        command = read.command

        def refused(key: str, **values: object) -> Refusal:
            return Refusal(Answer(wording.say(f"refused.{key}", **values)), f"refused.{key}", command.name)

        power, over_all = self._powers(asked)
        if not power.covers(command.power):
            return refused("power", help=wording.use("help"))
        if command.where is Where.ROOM and asked.direct:
            return refused("direct")
        where = read.values.get("where", "")
        found = await place(self._store, asked.room, where if isinstance(where, str) else "")
        if isinstance(found, NoRoom):
            said, like = shown(found.said), found.like
            return refused("no_room_like", said=said, meant=like) if like else refused("no_room", said=said)
        if (found.whole or found.room != asked.room) and not over_all.covers(command.power):
            return refused("community_power", example=wording.example(command))
        now = self._clock.now()
        return Request(asked, command, read.values, power, wording, now, found.room, found.whole, over_all)

    def _powers(self, asked: Asked) -> tuple[Power, Power]:
        """The asker's power in the room, and in the whole community."""
        named = asked.author.id in self._policy.current.settings.managers.get(asked.room.platform, ())
        if named and asked.power is Power.MEMBER:
            return Power.MANAGER, Power.MANAGER
        over_all = Power.MANAGER if named and asked.community_power is Power.MEMBER else asked.community_power
        return asked.power, over_all


def _is_han(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
