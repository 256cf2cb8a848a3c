"""What may not be said: incitement to self-harm or violence, and sexual content near words for minors.

Judged sentence by sentence, by phrases. Precise rather than complete: what stands in a warning, an offer of help, a
story or a program passes, and so does what is only hinted at.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from bot.language.phrase_rules import Entries, RuleFile, load_rules

HARM_FOLDER = Path(__file__).with_name("harm_phrases")
LONGEST_SAID = 9000  # characters of a draft; the guard shortens it to less (bot/write/lengths.py)
ALONE_MOST = 60  # characters: an order by itself, without "you should", is a short sentence
NEAR_LETTERS = {"latin": 60, "han": 24}  # characters between a word for minors and a sexual one: about twelve words

_DIGITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_NUMBERS = _DIGITS.replace(" ", "|")
_AGES = {
    "latin": rf"\b(?:[1-9]|1[0-7]|{_NUMBERS}) ?(?:(?:years?|yrs?) olds?|yos?|y o)\b",
    "han": r"(?<![\d一二三四五六七八九十百])(?:[1-9]|1[0-7]|十[一二三四五六七]?|[一二三四五六七八九]) ?(?:周|多)?岁",
}


class Harm(StrEnum):
    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    MINORS = "minors"


class HarmFile(RuleFile):
    """A language's phrases and terms; the files explain the fields."""

    phrases: ClassVar[tuple[str, ...]] = ("self_harm", "self_harm_alone", "violence", "violence_alone", "unless")

    self_harm: Entries
    self_harm_alone: Entries = ()
    violence: Entries
    violence_alone: Entries = ()
    unless: Entries = ()
    elsewhere: Entries = ()
    minors: Entries
    sexual: Entries
    innocent: Entries = ()


@dataclass(frozen=True)
class HarmWords:
    """One language; its regexes are compiled at their first use. `alone` phrases must begin a short sentence."""

    file: HarmFile

    @cached_property
    def self_harm(self) -> re.Pattern[str]:
        return self.file.regex(self.file.self_harm)

    @cached_property
    def self_harm_alone(self) -> re.Pattern[str]:
        return self.file.regex(self.file.self_harm_alone)

    @cached_property
    def violence(self) -> re.Pattern[str]:
        return self.file.regex(self.file.violence)

    @cached_property
    def violence_alone(self) -> re.Pattern[str]:
        return self.file.regex(self.file.violence_alone)

    @cached_property
    def unless(self) -> re.Pattern[str]:
        return self.file.regex(self.file.unless)

    @cached_property
    def elsewhere(self) -> re.Pattern[str]:
        return self._words(self.file.elsewhere)

    @cached_property
    def minors(self) -> re.Pattern[str]:
        return self._words(self.file.minors, _AGES[self.file.script])

    @cached_property
    def sexual(self) -> re.Pattern[str]:
        return self._words(self.file.sexual)

    @cached_property
    def innocent(self) -> re.Pattern[str]:
        return self._words(self.file.innocent)

    def _words(self, terms: Entries, *patterns: str) -> re.Pattern[str]:
        either = "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) or "(?!)"
        whole = rf"\b(?:{either})\b" if self.file.script == "latin" else either
        return re.compile("|".join((whole, *patterns)))

    def found(self, text: str) -> Harm | None:
        line = self.file.line(text, LONGEST_SAID)
        if self._sexualises(line):
            return Harm.MINORS
        sentences = [f" .{part} . " for part in self.unless.sub(" . ", line).split(" .")]
        kinds = (self._incites(sentence) for sentence in sentences)
        return next((kind for kind in kinds if kind), None)

    def _incites(self, sentence: str) -> Harm | None:
        if self.elsewhere.search(sentence):
            return None
        if self.self_harm.search(sentence) or self._begins(self.self_harm_alone, sentence):
            return Harm.SELF_HARM
        if self.violence.search(sentence) or self._begins(self.violence_alone, sentence):
            return Harm.VIOLENCE
        return None

    def _begins(self, order: re.Pattern[str], sentence: str) -> bool:
        start = 2 if self.file.script == "latin" else 3  # after " ." and, in Chinese, the space
        return len(sentence) <= ALONE_MOST and order.match(sentence, start) is not None

    def _sexualises(self, line: str) -> bool:
        """Whether a sexual word stands near a word for minors, and no word near them shows that it is about protection,
        law or programs."""
        young = [match.start() for match in self.minors.finditer(line)]
        near = NEAR_LETTERS[self.file.script]
        for match in self.sexual.finditer(line) if young else ():
            place = match.start()
            at = bisect_left(young, place - near)
            if at < len(young) and young[at] <= place + near:
                around = line[max(0, min(place, young[at]) - near) : max(place, young[at]) + near]
                if not self.innocent.search(around):
                    return True
        return False


Harms = Mapping[str, HarmWords]
"""By language ("en")."""


def load_harms(folder: Path = HARM_FOLDER) -> Harms:
    """Every language in the folder. Raises SettingsError with all problems."""
    return MappingProxyType({language: HarmWords(file) for language, file in load_rules(HarmFile, folder).items()})


def harm(text: str, harms: Harms) -> Harm | None:
    """The first harm in the text, in any language; None if there is none."""
    return next((found for words in harms.values() if (found := words.found(text))), None)
