"""Rules made of phrases, by language: data files that are checked, and compiled to regexes.

A phrase is parts with spaces between them: `a/b` is either; `<list>` any entry of a list of the file; `part?` may be
missing; `...` a few more words (in Chinese: characters) in the same sentence; a final `$` ends the sentence. A phrase
matches a line as made by `line_of`. Nothing in it repeats without a bound, so a search takes linear time.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.config.problems import objections, suggest
from bot.config.yaml_file import Keys, Problem, YamlFile, read, yaml_files
from bot.language.disguise import LETTERS_ALIKE, joined
from bot.language.packs import GAP, line_of, words_of
from bot.types import SettingsError

Entries = tuple[Annotated[str, Field(min_length=1)], ...]
F = TypeVar("F", bound="RuleFile")

# Letters that people replace inside words so that filters do not see them: "k1ll", "su!cide", "k*ll".
_DISGUISED = re.compile(r"(?<=[a-z])[*1!|0345@$](?=[a-z])", re.IGNORECASE)
_LETTERS = {"*": "i", "1": "i", "!": "i", "|": "i", "0": "o", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"}
_STRETCHED = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)
_NEVER = "(?!)"


class RuleFile(BaseModel):
    """What every language's file has: `same` lists pairs of characters, the second of which is read as the first;
    tests check `examples` and `unlike`. `phrases` names the fields that hold phrases."""

    phrases: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    script: Literal["latin", "han"]
    same: Annotated[str, Field(pattern=r"^(\S\S( |$))*$")] = ""
    lists: Mapping[str, Annotated[Entries, Field(min_length=1)]] = Field(default_factory=dict)
    examples: Entries = ()
    unlike: Entries = ()

    def line(self, text: str, longest: int) -> str:
        """The text as the phrases of this file are compared with it."""
        whole = line_of(words_of(_undisguised(text[:longest]), longest))
        return whole.translate({ord(pair[1]): pair[0] for pair in self.same.split()}) if self.same else whole

    def regex(self, phrases: Iterable[str], gap: str | None = None) -> re.Pattern[str]:
        """Finds any of the phrases. `gap` replaces the regex of `...`."""
        found = [_regex(phrase, self, gap or _gap(self.script)) for phrase in phrases]
        return re.compile("|".join(found) or _NEVER)


class PlainRules(RuleFile):
    """Rules about texts that nobody disguises: no letter is read as another one, so any alphabet will do."""

    def line(self, text: str, longest: int) -> str:
        whole = line_of(words_of(text[:longest], longest))
        return whole.translate({ord(pair[1]): pair[0] for pair in self.same.split()}) if self.same else whole


def _undisguised(text: str) -> str:
    """The text with letters in place of the signs that stand for them inside words, without stretched letters, and with
    letters that were set apart ("k i l l") together again."""
    plain = joined(unicodedata.normalize("NFKC", text)).translate(LETTERS_ALIKE)
    return _STRETCHED.sub(r"\1", _DISGUISED.sub(lambda match: _LETTERS[match[0]], plain))


def load_rules(shape: type[F], folder: Path) -> dict[str, F]:
    """Every file of the folder, by language. Raises SettingsError with all problems: file, line, what to write."""
    files = [read(path) for path in yaml_files(folder)]
    found = [line for file in files for line in file.describe_all(() if file.problems else _problems(shape, file))]
    if found or not files:
        raise SettingsError(
            found or [f"{folder}: line 1: holds no language; write one such as en.yaml into it instead"]
        )
    return {Path(file.name).stem: shape.model_validate(_as_tuples(file.data), strict=False) for file in files}


def _problems(shape: type[F], file: YamlFile) -> Iterator[Problem]:
    if broken := list(objections(shape, _as_tuples(file.data))):
        yield from broken
        return
    rules = shape.model_validate(_as_tuples(file.data), strict=False)
    for name in shape.phrases:
        for place, phrase in enumerate(getattr(rules, name)):
            yield from _phrase_problems(phrase, rules, (name, place))


def _phrase_problems(phrase: str, rules: RuleFile, keys: Keys) -> Iterator[Problem]:
    parts = _parts(phrase)
    for part in parts:
        for one in part.removesuffix("?").split("/"):
            if one.startswith("<") and one[1:-1] not in rules.lists:
                yield Problem(keys, "names a list that this file does not have", suggest(one[1:-1], rules.lists))
                return
    if not parts or "..." in (parts[0], parts[-1]) or all(part.endswith("?") for part in parts):
        yield Problem(keys, "begins or ends with `...`, or has no part that must be there", "words around it")


def _as_tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_tuples(one) for key, one in value.items()}
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


# --- phrases -> regexes --------------------------------------------------------------------------


def _parts(phrase: str) -> Sequence[str]:
    return phrase.removesuffix("$").split()


def _gap(script: str) -> str:
    return f"(?: [^ .]+){{0,{GAP['latin']}}}" if script == "latin" else f"[^.]{{0,{GAP['han']}}}"


def _regex(phrase: str, rules: RuleFile, gap: str) -> str:
    latin, regex = rules.script == "latin", ""
    for place, part in enumerate(_parts(phrase)):
        if part == "...":
            regex += gap
            continue
        before = (" " if place == 0 else "(?: ,)? ") if latin else ("" if place == 0 else " ?")
        one = before + _either(_literals(part.removesuffix("?"), rules))
        regex += f"(?:{one})?" if part.endswith("?") else one
    return regex + ("(?= ?[.,])" if phrase.endswith("$") else "(?= )" if latin else "")


def _literals(part: str, rules: RuleFile) -> Iterator[str]:
    for one in part.split("/"):
        for literal in rules.lists[one[1:-1]] if one.startswith("<") else (one,):
            yield " ".join(words_of(literal, 200))


def _either(literals: Iterable[str]) -> str:
    """A group of alternatives, longest first, because a regex takes the first that fits."""
    return "(?:" + "|".join(re.escape(one) for one in sorted(set(literals), key=len, reverse=True)) + ")"
