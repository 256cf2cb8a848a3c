"""What a message asks for that a short plain comment can't give: code, something long, a list. By phrases, as data.

`apart` only sounds like one of them ("the dress code") and is taken out first; `brief` asks for a short answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, PlainRules, load_rules

ASKED_FOLDER = Path(__file__).with_name("asked_for")
LONGEST_ASKED = 2000  # characters of a message; the wish stands near its beginning or its end
_FENCE = re.compile(r"```|~~~")
_LISTED = re.compile(r"^\s{0,8}(?:[-*•]|\d{1,2}[.)])\s+\S", re.MULTILINE)


class Wish(StrEnum):
    CODE = "code"
    LONG = "long"
    LIST = "list"


class AskedFile(PlainRules):
    """A language's phrases; the module explains `brief` and `apart`."""

    phrases: ClassVar[tuple[str, ...]] = ("code", "long", "list", "brief", "apart")

    code: Entries
    long: Entries
    list: Entries
    brief: Entries
    apart: Entries


@dataclass(frozen=True, slots=True)
class AskedWords:
    """One language, compiled."""

    file: AskedFile
    wishes: Mapping[Wish, re.Pattern[str]]
    brief: re.Pattern[str]
    apart: re.Pattern[str]

    def wishes_in(self, text: str) -> set[Wish]:
        line = self.apart.sub(" ", self.file.line(text, LONGEST_ASKED))
        found = {wish for wish, phrases in self.wishes.items() if phrases.search(line)}
        return found - {Wish.LONG} if self.brief.search(line) else found


def wishes(text: str) -> frozenset[Wish]:
    """What a message asks for, in any language that we know; a message with code in it asks about code, and one with a
    list may be answered by a list."""
    ends = text if len(text) <= LONGEST_ASKED else f"{text[: LONGEST_ASKED // 2]}\n{text[-LONGEST_ASKED // 2 :]}"
    found = {wish for words in shipped_wishes().values() for wish in words.wishes_in(ends)}
    found |= {Wish.CODE} if _FENCE.search(text) else set()
    return frozenset(found | ({Wish.LIST} if len(_LISTED.findall(ends)) > 1 else set()))


def load_wishes(folder: Path = ASKED_FOLDER) -> dict[str, AskedWords]:
    """The phrases of every language in the folder. Raises SettingsError with all problems."""
    return {language: _compile(file) for language, file in load_rules(AskedFile, folder).items()}


@cache  # compiled on first use
def shipped_wishes() -> dict[str, AskedWords]:
    return load_wishes()


def _compile(file: AskedFile) -> AskedWords:
    by_wish = {wish: file.regex(getattr(file, wish)) for wish in Wish}
    return AskedWords(file, by_wish, file.regex(file.brief), file.regex(file.apart))
