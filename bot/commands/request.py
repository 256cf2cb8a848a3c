"""A command that somebody may use, ready to be answered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.commands.catalogue import EXAMPLES
from bot.commands.values import Value
from bot.explain.words import Words
from bot.remember.store import Transaction
from bot.types import Answer, Asked, Command, Power, Room

Change = Callable[[Transaction], Awaitable[Answer]]
"""What a command changes, inside a transaction, and its answer. Raises Declined; then nothing is changed."""


class Declined(Exception):
    """The command can't be carried out. `text` says why, in the asker's language."""

    def __init__(self, text: str):
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Wording:
    """How answers are worded: in one language, with commands as this asker types them."""

    words: Words
    language: str
    prefix: str

    def say(self, key: str, **values: object) -> str:
        return self.words.say(f"commands.{key}", self.language, **values)

    def use(self, text: str) -> str:
        """A command as the asker would type it."""
        return f"`{self.prefix}{text}`"

    def example(self, command: Command) -> str:
        return self.use(EXAMPLES[command.name])


@dataclass(frozen=True, slots=True)
class Request:
    """`room` is the room that the command is about; with `whole`, it is about that room's whole community."""

    asked: Asked
    command: Command
    values: Mapping[str, Value]
    power: Power
    wording: Wording
    now: datetime
    room: Room
    whole: bool = False
    community_power: Power = field(default=Power.MEMBER)

    def say(self, key: str, **values: object) -> str:
        return self.wording.say(key, **values)

    def text(self, option: str) -> str:
        """The value of an option as text; "" if it was not given."""
        found = self.values.get(option, "")
        return found if isinstance(found, str) else f"{found:g}" if isinstance(found, float) else ""

    def declined(self, key: str, **values: object) -> Declined:
        return Declined(self.say(f"refused.{key}", **values))

    @property
    def language(self) -> str:
        return self.wording.language

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is about another room than the one in which it was used."""
        return self.room != self.asked.room

    def scope_words(self) -> str:
        if self.whole:
            return self.say("scope.community")
        return (
            self.say("scope.other", room=self.room.name or self.room.id)
            if self.is_elsewhere
            else self.say("scope.room")
        )
