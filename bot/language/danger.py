"""Is a person in danger: the author of a message, or somebody they know?

The answer is for messages that call us, and is followed by a fixed text that names helplines. So a plain statement
counts although a joke stands beside it, an exaggeration only without one, and talk of a story, a game or a program does
not count. Lists of phrases miss much; the model still sees what they miss.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from bot.language.phrase_rules import Entries, RuleFile, load_rules

PHRASES_FOLDER = Path(__file__).with_name("danger_phrases")
LONGEST_READ = 2000  # characters: Discord's longest message; people in danger write it at the beginning
# Emoji and smileys of laughter; words_of drops them, so they are looked for in the text itself.
_LAUGHS = re.compile(
    "[\U0001f602\U0001f923\U0001f605\U0001f606\U0001f61c\U0001f92a\U0001f480\U0001f643]|[:;x]-?[dp]\\b", re.IGNORECASE
)


class InDanger(StrEnum):
    OWN = "own"  # the author
    FRIEND = "friend"  # somebody the author knows


class DangerFile(RuleFile):
    """A language's phrases; the files explain the fields."""

    phrases: ClassVar[tuple[str, ...]] = ("own", "in_jest", "friend", "unless")

    own: Entries
    in_jest: Entries = ()
    friend: Entries
    unless: Entries = ()
    elsewhere: Entries = ()
    jokes: Entries = ()


@dataclass(frozen=True)
class DangerWords:
    """One language. Its regexes are compiled at their first use: most starts see no call."""

    file: DangerFile

    @cached_property
    def own(self) -> re.Pattern[str]:
        return self.file.regex(self.file.own)

    @cached_property
    def in_jest(self) -> re.Pattern[str]:
        return self.file.regex(self.file.in_jest)

    @cached_property
    def friend(self) -> re.Pattern[str]:
        # In Chinese the subject may be missing, so what follows "I" is not said of the friend.
        return self.file.regex(self.file.friend, None if self.file.script == "latin" else "[^.我]{0,8}")

    @cached_property
    def unless(self) -> re.Pattern[str]:
        return self.file.regex(self.file.unless)

    @cached_property
    def elsewhere(self) -> re.Pattern[str]:
        return self._words(self.file.elsewhere)

    @cached_property
    def jokes(self) -> re.Pattern[str]:
        return self._words(self.file.jokes)

    def _words(self, words: Entries) -> re.Pattern[str]:
        either = "|".join(map(re.escape, words)) or "(?!)"
        return re.compile(rf"\b(?:{either})\b" if self.file.script == "latin" else either)

    def who(self, text: str) -> InDanger | None:
        """Who is in danger, by the words of this language."""
        line = self.unless.sub(" . ", self.file.line(text, LONGEST_READ))
        found = {self._in_sentence(f" .{part} . ", text) for part in line.split(" .")} - {None}
        return InDanger.OWN if InDanger.OWN in found else next(iter(found), None)

    def _in_sentence(self, sentence: str, text: str) -> InDanger | None:
        if self.elsewhere.search(sentence):
            return None
        if self.friend.search(sentence):
            return InDanger.FRIEND
        if self.in_jest.search(sentence):
            is_joke = self.jokes.search(f" {text.lower()} ") or _LAUGHS.search(text)
            return None if is_joke else InDanger.OWN
        return InDanger.OWN if self.own.search(sentence) else None


Dangers = Mapping[str, DangerWords]
"""By language ("en")."""


def load_dangers(folder: Path = PHRASES_FOLDER) -> Dangers:
    """Every language in the folder. Raises SettingsError with all problems."""
    return MappingProxyType({language: DangerWords(file) for language, file in load_rules(DangerFile, folder).items()})


def danger(text: str, dangers: Dangers) -> tuple[InDanger, str] | None:
    """Who is in danger, and the language that says so; None if nobody seems to be. Own danger goes first."""
    found = [(who, language) for language, words in dangers.items() if (who := words.who(text)) is not None]
    return min(found, key=lambda one: one[0] is not InDanger.OWN, default=None)
