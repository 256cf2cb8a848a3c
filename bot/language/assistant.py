"""How assistants talk: phrases that no member of a community would write, by language, as data.

`opening` phrases begin a text, `closing` ones end it, `anywhere` and `as_an_ai` stand in any sentence; a text of
nothing but `refusal`s is a bare refusal. `as_an_ai` is an answer, and no habit, where the message that is answered asks
about us (`about_us`).
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, PlainRules, load_rules

ASSISTANT_FOLDER = Path(__file__).with_name("assistant_phrases")
LONGEST_SENTENCE = 600  # characters; a longer one is read to there
NEAR_START = {"latin": 24, "han": 14}  # characters: "Hi Ana, what a"
BEFORE_REFUSAL = {
    "latin": 40,
    "han": 45,
}  # characters before a refusal: "I'm so sorry, but sadly"


class AssistantFile(PlainRules):
    """A language's phrases; the module explains the fields."""

    phrases: ClassVar[tuple[str, ...]] = ("as_an_ai", "opening", "closing", "anywhere", "refusal", "about_us")

    as_an_ai: Entries
    opening: Entries
    closing: Entries
    anywhere: Entries
    refusal: Entries
    about_us: Entries


@dataclass(frozen=True, slots=True)
class AssistantWords:
    """One language, compiled."""

    file: AssistantFile
    as_an_ai: re.Pattern[str]
    opening: re.Pattern[str]
    closing: re.Pattern[str]
    anywhere: re.Pattern[str]
    refusal: re.Pattern[str]
    about_us: re.Pattern[str]

    def asks_about_us(self, text: str) -> bool:
        return bool(self.about_us.search(self.file.line(text, LONGEST_SENTENCE)))

    def talks(self, sentences: list[str], *, as_an_ai: bool) -> bool:
        """Whether these sentences of one text hold such a phrase; `as_an_ai`: also those about being an AI."""
        lines = [self.file.line(sentence, LONGEST_SENTENCE) for sentence in sentences]
        if any(self.anywhere.search(line) or (as_an_ai and self.as_an_ai.search(line)) for line in lines):
            return True
        return self._opens(lines) or any(self.closing.search(line) for line in lines[-2:]) or self._refuses(lines)

    def _opens(self, lines: list[str]) -> bool:
        """Reads the first two sentences as one, for "Sure! Here is ..."."""
        start = f" . {' . '.join(line.strip(' .') for line in lines[:2])} . "
        found = self.opening.search(start)
        return found is not None and found.start() <= NEAR_START[self.file.script]

    def _refuses(self, lines: list[str]) -> bool:
        """Whether every sentence is a refusal, with nothing but an apology before it."""
        return bool(lines) and all(map(self._is_refusal, lines))

    def _is_refusal(self, line: str) -> bool:
        ends = [match for match in self.refusal.finditer(line) if not line[match.end() :].strip(" .,")]
        return any(match.start() <= BEFORE_REFUSAL[self.file.script] for match in ends)


def load_assistant_words(folder: Path = ASSISTANT_FOLDER) -> dict[str, AssistantWords]:
    """The phrases of every language in the folder. Raises SettingsError with all problems."""
    return {language: _compile(file) for language, file in load_rules(AssistantFile, folder).items()}


@cache  # compiled on first use
def shipped_assistant_words() -> dict[str, AssistantWords]:
    return load_assistant_words()


def _compile(file: AssistantFile) -> AssistantWords:
    return AssistantWords(file, *(file.regex(getattr(file, name)) for name in AssistantFile.phrases))
