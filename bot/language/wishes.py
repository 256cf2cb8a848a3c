"""Does a call want something of Cameo itself: to be forgotten, or to hear what it is? The words are data, in
`wish_phrases/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, RuleFile, load_rules

WISHES_FOLDER = Path(__file__).with_name("wish_phrases")
LONGEST_WISH = 200  # characters, as in "please forget me and delete everything that you have ever stored of mine"
_ONLY_ASKS = re.compile(r"[\s!！,]*[?？][\s!！,?？]*")


class WishOfUs(StrEnum):
    FORGET = "forget"  # to be forgotten, or left alone
    HELP = "help"  # to hear what Cameo is and does


class WishFile(RuleFile):
    """A language's phrases; `en.yaml` explains the fields."""

    phrases: ClassVar[tuple[str, ...]] = ("forget", "help", "beside")

    forget: Entries
    help: Entries
    beside: Entries


@dataclass(frozen=True)
class WishWords:
    """One language, compiled."""

    file: WishFile

    @cached_property
    def _forget(self) -> re.Pattern[str]:
        return re.compile(rf"{self._beside}(?:{self._any(self.file.forget)})")

    @cached_property
    def _help(self) -> re.Pattern[str]:
        return re.compile(rf"{self._beside}(?:{self._any(self.file.help)}){self._beside}")

    @cached_property
    def _beside(self) -> str:
        return rf"(?:{self._any(self.file.beside)}|[., ])*"

    def _any(self, phrases: Entries) -> str:
        return self.file.regex(sorted(phrases, key=len, reverse=True)).pattern

    def wish(self, text: str) -> WishOfUs | None:
        """What the text wants of Cameo itself, if anything."""
        line = self.file.line(text, LONGEST_WISH)
        if self._help.fullmatch(line):
            return WishOfUs.HELP
        return WishOfUs.FORGET if self._forget.match(line) else None


@cache  # files of the package, read when the first call is answered without a model
def load_wishes(folder: Path = WISHES_FOLDER) -> Mapping[str, WishWords]:
    """Every language in the folder. Raises SettingsError with all problems."""
    return {language: WishWords(file) for language, file in load_rules(WishFile, folder).items()}


def wish_of(text: str) -> WishOfUs | None:
    """What a text wants of Cameo itself, in any language; only a question mark asks for help. The names of Cameo are
    left out of it."""
    if _ONLY_ASKS.fullmatch(text):
        return WishOfUs.HELP
    return next(filter(None, (words.wish(text) for words in load_wishes().values())), None)
