"""Does a text call somebody by name without an @, or only talk about them?

A name calls at the beginning or end of a sentence, with a comma, or alone. Names are ordinary words ("pip", 小满), so
what stands between commas beside one is read, too: "pip, the package manager, is slow" calls nobody. The words are
data, in `call_phrases/`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, RuleFile, load_rules

CALLS_FOLDER = Path(__file__).with_name("call_phrases")
LONGEST_CALL = 600  # characters; the name by which somebody is called stands near the beginning or the end
OUR_CALL = "ourname"  # stands for the name in the phrases
COLON = "colonsign"  # stands for a colon after the name
BRIEF = 2  # words between commas that may be an entry of a list ("sugar, rice flour, mochi")
ADDRESSED_WITHIN = 6  # words from a comma within which "you" shows that somebody is spoken to
LEAST_CALLED = 2  # letters; a shorter Latin name occurs in too many texts


class CallFile(RuleFile):
    """A language's words; `en.yaml` explains the fields."""

    phrases: ClassVar[tuple[str, ...]] = ("begins", "ends", "unless")

    begins: Entries
    ends: Entries
    unless: Entries = ()
    address: Entries
    after_colon: Entries
    goes_on: Entries
    explains: Entries
    articles: Entries
    verbs: Entries
    things: Entries


Part = list[str]
"""The words between two commas of a sentence."""


@dataclass(frozen=True)
class CallWords:
    """One language, compiled."""

    file: CallFile

    @cached_property
    def _begins(self) -> re.Pattern[str]:
        return self.file.regex(self.file.begins)

    @cached_property
    def _ends(self) -> re.Pattern[str]:
        return self.file.regex(self.file.ends)

    @cached_property
    def _unless(self) -> re.Pattern[str]:
        return self.file.regex(self.file.unless)

    @cached_property
    def _hail(self) -> re.Pattern[str]:
        phrases = sorted((" ".join(self._split(phrase)) for phrase in self.file.lists["hail"]), key=len, reverse=True)
        return re.compile(f"(?:(?:{'|'.join(map(re.escape, [OUR_CALL, *phrases]))})(?: |$))*")

    def _only_hails(self, words: Part) -> bool:
        """Whether the words are greetings and the name: "good morning mochi", but not "good mochi"."""
        return self._hail.fullmatch(" ".join(words)) is not None

    def calls(self, text: str) -> bool:
        """Whether the text, with OUR_CALL in place of the name, calls it."""
        line = self.file.line(text, LONGEST_CALL)
        sentences = [sentence for part in line.split(" .") if (sentence := self._parts(part))]
        return any(self._in_sentence(parts, len(sentences) == 1) for parts in sentences)

    def _in_sentence(self, parts: list[Part], is_whole: bool) -> bool:
        words = [word for part in parts for word in part]
        if OUR_CALL not in words:
            return False
        if self._only_hails(words):
            return is_whole or len(words) > 1 or words == [OUR_CALL]
        line = f" . {' , '.join(' '.join(part) for part in parts)} . "
        if self._begins.search(line) and not self._unless.search(line):
            return True
        if self._ends.search(line) and not self._unless.search(line):
            return True
        return self._is_before_a_comma(parts) or self._is_after_a_comma(parts)

    def _is_before_a_comma(self, parts: list[Part]) -> bool:
        """As in "mochi, are you there?" or "so, mochi, what now?"; not "mochi, which is sweet, ..."."""
        while parts and parts[0] != [OUR_CALL] and self._only_hails(parts[0]):
            if parts[0][-1] == OUR_CALL:
                break
            parts = parts[1:]
        if len(parts) < 2 or parts[0][-1] != OUR_CALL or not self._only_hails(parts[0]):
            return False
        first, later = parts[1], parts[2:]
        if first[0] == COLON:
            return self._has(first[1 : ADDRESSED_WITHIN + 1], self.file.after_colon)
        if self._starts(first, self.file.explains) or (later and self._starts(later[0], self.file.goes_on)):
            return False
        if self._starts(first, self.file.articles) and not self._has(first, self.file.verbs):
            return False
        return not self._is_entry(first, bool(later))

    def _is_after_a_comma(self, parts: list[Part]) -> bool:
        """As in "are you there, mochi?"; not "sugar, rice flour, mochi" or "this is my cat, mochi"."""
        if len(parts) < 2 or parts[-1] != [OUR_CALL]:
            return False
        before = parts[-2]
        if self._names_a_thing(before) or self._is_entry(before, len(parts) > 2):
            return False
        return not any(self._is_entry(part, True) for part in parts[1:-1])

    def _is_entry(self, part: Part, has_more: bool) -> bool:
        """Whether the words may be an entry of a list: few, and spoken to nobody."""
        if len(part) > 2 and part[1] in ("and", "or") and part[0] not in self.file.address:
            return True
        if self._has(part[:ADDRESSED_WITHIN], self.file.address):
            return False
        if self.file.script == "han":
            return len("".join(part)) <= (2 * BRIEF if has_more else BRIEF)
        return len(part) <= (BRIEF if has_more else 1)

    def _names_a_thing(self, part: Part) -> bool:
        """Whether the part ends with a thing's name: "this is my cat", "the package manager"."""
        if self.file.script == "han":
            return part[-1].endswith(self.file.things)
        return part[-1] in self.file.things and any(word in self.file.articles for word in part[-4:-1])

    def _starts(self, part: Part, words: Entries) -> bool:
        return part[0].startswith(words) if self.file.script == "han" else part[0] in words

    def _has(self, part: Part, words: Entries) -> bool:
        if self.file.script == "han":
            return any(word in "".join(part) for word in words)
        return any(word in words for word in part)

    def _parts(self, sentence: str) -> list[Part]:
        return [words for part in sentence.split(" ,") if (words := part.split())]

    def _split(self, phrase: str) -> list[str]:
        return self.file.line(phrase, LONGEST_CALL).replace(".", " ").split()


Calls = Mapping[str, CallWords]
"""By language ("en")."""


@cache  # files of the package; a room's first call by name reads them
def load_calls(folder: Path = CALLS_FOLDER) -> Calls:
    """Every language in the folder. Raises SettingsError with all problems."""
    return {language: CallWords(file) for language, file in load_rules(CallFile, folder).items()}


_HAN = re.compile("[\u3400-\u9fff]")
_YOU = re.compile(r"\b(?:you|u)\b|[你您]", re.IGNORECASE)
# "Best snack? Mochi." answers, and "pip? or conda?" asks for one of two.
_ANSWER = re.compile(rf"[?？]\s+{OUR_CALL}\s*[.。]?\s*\Z")
_CHOICE = re.compile(
    rf"(?:\A|[.!?。！？\n])\s*{OUR_CALL}\s*[?？]\s*(?:(?:or|and|vs)\s+\S+|(?:还是|或者)\w+)\s*[?？.。]?\s*\Z",
    re.IGNORECASE,
)
_PAUSES = re.compile(r"\s[-–]\s|—")  # a dash between words


@lru_cache(maxsize=256)  # one entry per persona
def _named(names: tuple[str, ...]) -> re.Pattern[str]:
    """Finds a name as a word of its own: not in "pipeline", "pip-tools", "pip.conf", "mochi's" or "@mochi"."""
    found = [re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) >= LEAST_CALLED]
    whole = "|".join(found) or "(?!)"
    return re.compile(rf"(?<![A-Za-z0-9_@＠/.\-])(?:{whole})(?![A-Za-z0-9_/\-]|['’](?!\w*\s*$)\w|\.\w)", re.IGNORECASE)


def calls_by_name(text: str, names: Iterable[str], calls: Calls) -> bool:
    """Whether the text, without code and quotations, calls one of `names`."""
    names = tuple(names)
    if not _named(names).search(text):
        return False
    said = without_name(text, names)
    if _CHOICE.search(said) or (_ANSWER.search(said) and not _YOU.search(said)):
        return False
    script = "han" if _HAN.search(said) else "latin"
    return any(words.calls(said) for words in calls.values() if words.file.script == script)


def without_name(text: str, names: Iterable[str]) -> str:
    """The text with OUR_CALL in place of each of `names`."""
    said = _named(tuple(names)).sub(f" {OUR_CALL} ", text)
    return (
        _PAUSES.sub(" , ", said.replace("、", " 和 "))
        .replace("：", ":")
        .replace(f"{OUR_CALL} :", f"{OUR_CALL} , {COLON} ")
    )
