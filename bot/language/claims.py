"""What texts claim about their speaker: the data in `claims/`, one file a language.

Each value is a text with one regex a line; `{name}` stands for a regex of `words`. The regexes read one sentence, with
plain apostrophes and without quotations.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from bot.config.problems import objections
from bot.config.yaml_file import Problem, YamlFile, read, yaml_files
from bot.types import SettingsError

CLAIMS_FOLDER = Path(__file__).with_name("claims")
BEFORE = ("unless", "turned")  # what these find must stand directly before a claim or an order
DEPTH = 3  # words within words
_NOTHING = "(?!)"
_WORD = re.compile(r"\{([a-z_]+)\}")


class ClaimsFile(BaseModel):
    """A language's file. `when` is in every text that could claim something; it saves the other regexes. `unless`
    stands before a claim that is not the speaker's own, `after` behind one. `owns_up` says that the speaker is an AI,
    and so excuses "I'm not a bot". `orders` tell somebody to hide being an AI or to pass for a person, `turned` stands
    before an order and forbids it. `asks_ai` and `asks_human` ask the speaker what it is, `doubts_ai` says "you're not
    a bot?"; `no`, `yes` and `person_only` ("a human") answer that, each as a whole clause. `withheld` is what a persona
    that avoids it would hide, `opposite` what makes that honest. `biography` describes a human life."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    when: str
    words: dict[str, str] = {}
    unless: str
    after: str
    owns_up: str
    not_ai: str
    human: str
    asks_ai: str
    asks_human: str
    doubts_ai: str
    no: str
    yes: str
    person_only: str
    lives: str
    orders: str
    turned: str
    withheld: str
    opposite: str
    biography: str


class Claims(NamedTuple):
    """The regexes of one language, for `packs.compiled`; see `ClaimsFile`."""

    language: str
    when: str
    unless: str
    after: str
    owns_up: str
    not_ai: str
    human: str
    asks_ai: str
    asks_human: str
    doubts_ai: str
    no: str
    yes: str
    person_only: str
    lives: str
    orders: str
    turned: str
    withheld: str
    opposite: str
    biography: str


def load_claims(folder: Path = CLAIMS_FOLDER) -> tuple[Claims, ...]:
    """The claims of every language in the folder. Raises SettingsError with all problems: file, line and remedy. Only
    `check_claims` tells whether each line is a regex: compiling all takes 0.3 s, and few are used."""
    return tuple(
        _filled_in(ClaimsFile.model_validate(file.data), path.stem) for path, file in _files(folder, _shape_problems)
    )


def check_claims(folder: Path = CLAIMS_FOLDER) -> None:
    """Raises SettingsError with every line in the folder that is not a regular expression."""
    _files(folder, _problems)


def _files(folder: Path, problems: Callable[[YamlFile], Iterable[Problem]]) -> list[tuple[Path, YamlFile]]:
    found = [(path, read(path)) for path in yaml_files(folder)]
    if lines := [line for _, file in found for line in file.describe_all(() if file.problems else problems(file))]:
        raise SettingsError(lines)
    return found


@cache
def shipped_claims() -> tuple[Claims, ...]:
    return load_claims()


def _filled_in(file: ClaimsFile, language: str) -> Claims:
    regexes = (_regex(getattr(file, name), file.words, before=name in BEFORE) for name in Claims._fields[1:])
    return Claims(language, *regexes)


def _regex(lines: str, words: dict[str, str], *, before: bool) -> str:
    """Any of the lines; `before`: only at the end of the text before a claim."""
    whole = "|".join(f"(?:{_filled(line, words)})" for line in lines.split("\n") if line.strip())
    if not whole:
        return _NOTHING
    return rf"(?i)(?:{whole})\s*\Z" if before else f"(?i){whole}"


def _filled(line: str, words: dict[str, str]) -> str:
    """The line with its words, and theirs. Raises KeyError for an unknown one."""
    for _ in range(DEPTH):
        line = _WORD.sub(lambda word: words[word[1]], line)
    return line


def _shape_problems(file: YamlFile) -> Iterator[Problem]:
    yield from objections(ClaimsFile, file.data)


def _problems(file: YamlFile) -> Iterator[Problem]:
    yield from (shape := list(_shape_problems(file)))
    words = file.data.get("words", {}) if not shape else {}
    for key, text in file.data.items() if not shape else ():
        for line in text.split("\n") if isinstance(text, str) else ():
            try:
                re.compile(_filled(line, words))
            except (re.error, KeyError) as error:
                yield Problem((key,), f"holds a line that is not a regular expression ({line!r}: {error})", "another")
