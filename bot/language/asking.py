"""What a question asks for (a place, a time, a reason, ...), whether a sentence gives that, and whether a reply is no
answer at all: it knows nothing, jokes, or contradicts. The words are data, in `asking_phrases/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, PlainRules, load_rules

ASKING_FOLDER = Path(__file__).with_name("asking_phrases")
READ_OF_REPLY = 400  # characters: what a reply is stands at its beginning


class QuestionKind(StrEnum):
    """What a question asks for, in the order in which it is recognised; OTHER is a yes, or anything else."""

    HOW_OFTEN = "how_often"
    HOW_LONG = "how_long"
    HOW_MANY = "how_many"
    WHERE = "where"
    WHEN = "when"
    WHO = "who"
    WHY = "why"
    HOW = "how"
    WHICH = "which"
    OTHER = "other"


STRICT = frozenset(
    (
        QuestionKind.HOW_OFTEN,
        QuestionKind.HOW_LONG,
        QuestionKind.HOW_MANY,
        QuestionKind.WHERE,
        QuestionKind.WHEN,
        QuestionKind.WHO,
        QuestionKind.WHY,
    )
)
"""Kinds of questions that only a certain kind of answer answers; `how`, `which` and the others take any."""

NUMERIC = frozenset((QuestionKind.HOW_OFTEN, QuestionKind.HOW_LONG, QuestionKind.HOW_MANY, QuestionKind.WHEN))
"""Kinds of questions that a number may answer."""

_HAN = re.compile("[\u3400-\u9fff]")
_NUMBER = re.compile(r"\d")
_ADDRESS = re.compile(r"https?://|@")
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]?")
_REPLIES = ("no_answer", "joke", "contradicts", "confirms")


class AskingFile(PlainRules):
    """A language's phrases; `en.yaml` explains the fields."""

    phrases: ClassVar[tuple[str, ...]] = (
        *(kind for kind in QuestionKind if kind is not QuestionKind.OTHER), *_REPLIES,
        "says_how_often", "says_how_long", "says_how_many", "says_where", "says_when", "says_who", "says_why",
    )  # fmt: skip

    how_often: Entries
    how_long: Entries
    how_many: Entries
    where: Entries
    when: Entries
    who: Entries
    why: Entries
    how: Entries
    which: Entries
    says_how_often: Entries
    says_how_long: Entries
    says_how_many: Entries
    says_where: Entries
    says_when: Entries
    says_who: Entries
    says_why: Entries
    no_answer: Entries
    joke: Entries
    contradicts: Entries
    confirms: Entries


@dataclass(frozen=True)
class AskingWords:
    """One language, compiled."""

    file: AskingFile

    @cached_property
    def _found_by(self) -> Mapping[str, re.Pattern[str]]:
        return {name: self.file.regex(getattr(self.file, name)) for name in self.file.phrases}

    def has(self, name: str, text: str) -> bool:
        """Whether the text holds a phrase of that field."""
        return name in self._found_by and bool(self._found_by[name].search(self.file.line(text, READ_OF_REPLY)))


Askings = Mapping[str, AskingWords]
"""By language ("en")."""


@cache  # files of the package, read when something is first pointed at
def load_askings(folder: Path = ASKING_FOLDER) -> Askings:
    """Every language in the folder. Raises SettingsError with all problems."""
    return {language: AskingWords(file) for language, file in load_rules(AskingFile, folder).items()}


def asked_for(text: str) -> QuestionKind:
    """What a question asks for, by its last sentence with a question mark or, if there is none, by all of it."""
    marked = [part for part in _SENTENCE.findall(text) if part.endswith(("?", "？"))]
    asked, words = (marked[-1] if marked else text), _words(text)
    return next((kind for kind in QuestionKind if words.has(kind, asked)), QuestionKind.OTHER)


def gives(kind: QuestionKind, text: str) -> bool:
    """Whether a text holds what such a question asks for, as far as its words show."""
    if kind not in STRICT or (kind in NUMERIC and _NUMBER.search(text)):
        return True
    if kind in (QuestionKind.WHERE, QuestionKind.WHO) and _ADDRESS.search(text):
        return True
    return _words(text).has(f"says_{kind}", text)


def is_no_answer(text: str) -> bool:
    """Whether a reply knows nothing, or puts the asker off."""
    return _words(text).has("no_answer", text)


def jokes(text: str) -> bool:
    """Whether a reply is not meant seriously."""
    return _words(text).has("joke", text) or bool(_LAUGHS.search(text))


def contradicts(text: str) -> bool:
    """Whether a reply says that what was said before is wrong, or does not work."""
    return _words(text).has("contradicts", text)


def confirms(text: str) -> bool:
    """Whether a reply thanks for what was said before, or says that it worked."""
    return _words(text).has("confirms", text)


_LAUGHS = re.compile("[\U0001f602\U0001f923\U0001f639\U0001f643\U0001f61c\U0001f92a]")


def _words(text: str) -> AskingWords:
    return load_askings()["zh" if _HAN.search(text) else "en"]
