"""Does a text only tell somebody to be quiet? The words are data, in `quiet_phrases/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, RuleFile, load_rules

QUIETS_FOLDER = Path(__file__).with_name("quiet_phrases")
NUMBER = r"\d{1,4}(?:s|secs?|m|mins?|h|hrs?|d|am|pm)?"  # "5", "30min", "2h", "8pm"
LONGEST_ORDER = 120  # characters, as in "could you please just be quiet in this thread for a while, thanks"


class QuietFile(RuleFile):
    """A language's phrases; `en.yaml` explains the fields."""

    phrases: ClassVar[tuple[str, ...]] = ("orders", "beside")

    orders: Entries
    beside: Entries


@dataclass(frozen=True)
class QuietWords:
    """One language, compiled."""

    file: QuietFile

    @cached_property
    def _orders(self) -> re.Pattern[str]:
        return self.file.regex(sorted(self.file.orders, key=len, reverse=True))

    @cached_property
    def _beside(self) -> re.Pattern[str]:
        """What may stand beside an order: phrases, numbers and pauses."""
        words = self.file.regex(sorted(self.file.beside, key=len, reverse=True)).pattern
        return re.compile(rf"{words}| (?:{NUMBER}|[.,])(?= )" if self.file.script == "latin" else rf"{words}|[\d., ]")

    def orders(self, text: str) -> bool:
        """Whether the text is an order to be quiet and nothing else."""
        line = self.file.line(text, LONGEST_ORDER)
        left, found = self._orders.subn(" ", line)
        return found > 0 and not self._beside.sub("", f" {left} ").strip()


Quiets = Mapping[str, QuietWords]
"""By language ("en")."""


@cache  # files of the package, read when the first message calls us
def load_quiets(folder: Path = QUIETS_FOLDER) -> Quiets:
    """Every language in the folder. Raises SettingsError with all problems."""
    return {language: QuietWords(file) for language, file in load_rules(QuietFile, folder).items()}


def tells_to_be_quiet(text: str, quiets: Quiets) -> bool:
    """Whether the text is an order to be quiet and nothing else, in any language."""
    return len(text) <= LONGEST_ORDER and any(words.orders(text) for words in quiets.values())
