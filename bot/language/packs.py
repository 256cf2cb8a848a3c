"""Language packs: what messages look like, by kind and language. The data in `phrases/` is checked, and compiled to
match fast.

A phrase is words with a few signs between them: `a/b` is either; `<list>` any entry of a list of the pack; `...` a few
more words in the same sentence; `_` one word, such as a name; `^` the beginning of a sentence (an opener may come
first); `$` its end.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.config.problems import objections, suggest
from bot.config.yaml_file import Keys, Problem, YamlFile, read, yaml_files
from bot.types import SettingsError

PACKS_FOLDER = Path(__file__).with_name("phrases")

# Nested or unbounded repeats can take a regex minutes on a hostile message; two short ones cost 400 steps at most.
MOST_REPEATS = 2
LONGEST_REPEAT = 20
GAP = {"latin": 4, "han": 8}  # words, characters: the most that people put in between; with more, it is another phrase


class MessageKind(StrEnum):
    """What a message can be; often several at once."""

    QUESTION = "question"
    REQUEST = "request"  # for help, without a question
    NEWCOMER = "newcomer"  # the author is new here
    INTRODUCTION = "introduction"  # the author says who they are
    SHOWING = "showing"  # something shown to the room
    THANKS = "thanks"  # only thanks, or that it worked
    SMALL_TALK = "small_talk"  # only greetings, laughter, filler
    LINK_ONLY = "link_only"  # a link or media, and almost nothing else
    MODERATION = "moderation"  # moderators at work
    DISTRESS = "distress"  # painful things about people
    COMMAND = "command"  # for a bot


ALONE = (MessageKind.THANKS, MessageKind.SMALL_TALK)  # kinds for a message with nothing else in it


# --- the file ------------------------------------------------------------------------------------

Lines = tuple[Annotated[str, Field(min_length=1)], ...]


class KindWords(BaseModel):
    """How one kind is worded. `unless` lists texts that only sound like it; tests check `examples` and `unlike`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    phrases: Lines = ()
    patterns: Lines = ()
    unless: Lines = ()
    examples: Annotated[Lines, Field(min_length=1)]
    unlike: Lines = ()


class PackFile(BaseModel):
    """A language's file.

    `openers` may come before the beginning of a sentence. `common` words occur in most messages, so matching starts
    with others. `same` lists pairs of characters, the second of which is read as the first (a variant). `words` are the
    most common words of the language, by which a message is recognised as written in it; a script without spaces needs
    none. `disguised` are words of painful posts that are often misspelt. `foreign` are words or characters that show
    another language of the same script.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    script: Literal["latin", "han"]
    openers: Lines = ()
    common: Lines = ()
    same: Annotated[str, Field(pattern=r"^(\S\S( |$))*$")] = ""
    words: str = ""
    foreign: str = ""
    disguised: str = ""
    lists: Mapping[str, Annotated[Lines, Field(min_length=1)]] = Field(default_factory=dict)
    question: KindWords
    request: KindWords
    newcomer: KindWords
    introduction: KindWords
    showing: KindWords
    thanks: KindWords
    small_talk: KindWords
    link_only: KindWords
    moderation: KindWords
    distress: KindWords
    command: KindWords


# --- compiled packs ------------------------------------------------------------------------------

Look = tuple[MessageKind, str, str | None]
"""A kind, the regex that finds it in a line as made by `line_of`, and the regex of what only sounds like it."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One language. `by_word` says what to look for if a word (in Chinese: a character) occurs: few messages contain
    any of these words, so most cost one look-up per word."""

    language: str
    script: str
    by_word: Mapping[str, tuple[Look, ...]]
    anywhere: tuple[Look, ...]
    alone: re.Pattern[str]
    alone_words: frozenset[str]
    same: Mapping[int, str]
    words: frozenset[str]
    foreign: frozenset[str]
    misspelt: Mapping[str, str]
    examples: Mapping[MessageKind, tuple[str, ...]]
    unlike: Mapping[MessageKind, tuple[str, ...]]


@cache  # bounded by the packs; compiled on first use, because compiling all would delay a start by half a second
def compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


Packs = Mapping[str, tuple[Pack, ...]]
"""Packs by the script that they read: "latin", "han"."""


def load_packs(folder: Path = PACKS_FOLDER) -> Packs:
    """Every pack in the folder. Raises SettingsError with all problems: file, line, and what to write instead."""
    files = [read(path) for path in yaml_files(folder)]
    if not files:
        raise SettingsError([f"{folder}: line 1: has no language pack; write one such as en.yaml into it instead"])
    if problems := [line for file in files for line in file.describe_all(_problems(file) if not file.problems else ())]:
        raise SettingsError(problems)
    packs: dict[str, tuple[Pack, ...]] = {}
    for file in files:
        words = PackFile.model_validate(file.data, strict=False)
        packs[words.script] = (*packs.get(words.script, ()), _compile(Path(file.name).stem, words))
    return MappingProxyType(packs)


# --- normalised text -----------------------------------------------------------------------------

ENDS, PAUSES, JOINS = "!?;\n؟。！？；…", ":()[]（），、：【】「」", "'`’‘´"
_SIGNS = dict.fromkeys(ENDS, ".") | dict.fromkeys(PAUSES, ",")
_ASCII = bytes(ord(_SIGNS.get(sign, sign if sign.isalnum() or sign in "., " else " ")) for sign in map(chr, range(128)))
_ASCII += bytes(128)
_WIDE = str.maketrans({**_SIGNS, **dict.fromkeys(JOINS)})
# Combining marks and invisible characters: joiners, directions, variants.
_UNSEEN = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_NO_WORD = re.compile(r"[^\w\s.,]|_")


def words_of(text: str, longest: int) -> list[str]:
    """The words in lower case, without accents, apostrophes or width; "." where a sentence ends, "," at a pause."""
    if text.isascii():
        flat = text[:longest].lower().encode().translate(_ASCII, b"'`").decode()
    else:  # one character can expand to eighteen letters, so the text is cut again
        seen = _UNSEEN.sub("", unicodedata.normalize("NFKD", text[:longest]))[:longest]
        flat = _NO_WORD.sub(" ", seen.lower().translate(_WIDE))
    return flat.replace(".", " . ").replace(",", " , ").split()


def line_of(words: Iterable[str]) -> str:
    """Words as one line for matching: a space before each, and a sentence end on both sides."""
    return f" . {' '.join(words)} . "


# --- phrases -> regexes --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grammar:
    """How phrases of one language are read."""

    script: str
    openers: tuple[str, ...]
    common: frozenset[str]
    lists: Mapping[str, tuple[str, ...]]

    def literals(self, part: str) -> list[str]:
        """The texts that a part of a phrase stands for; none for `...` and `_`."""
        if part in ("...", "_"):
            return []
        found: list[str] = []
        for one in part.split("/"):
            found += self.lists.get(one[1:-1], ()) if one.startswith("<") else (one,)
        return [" ".join(words_of(literal, 200)) for literal in found]

    def regex(self, phrase: str) -> str:
        """The regex of a phrase. It begins with a space and ends before the next: these are the word borders."""
        return self._regex(phrase, [self.literals(part) for part in _parts(phrase)])

    def looks(self, phrase: str) -> Iterator[tuple[str, str]]:
        """(word, regex) pairs: wherever the phrase occurs, one of these words occurs, and its regex finds the
        phrase."""
        literals = [self.literals(part) for part in _parts(phrase)]
        keys = [{self._key(one) for one in some} for some in literals]
        place = max(range(len(keys)), key=lambda place: self._telling(keys[place]))
        for key in keys[place]:
            some = [one for one in literals[place] if self._key(one) == key]
            yield key, self._regex(phrase, [*literals[:place], some, *literals[place + 1 :]])

    def _telling(self, keys: set[str]) -> tuple[bool, int, int]:
        return bool(keys), -len(keys & self.common), min(map(len, keys), default=0)

    def _key(self, literal: str) -> str:
        """The most distinctive word of a text, or in Chinese its most distinctive character."""
        words = literal.split() if self.script == "latin" else literal.replace(" ", "")
        return max(words, key=lambda word: (word not in self.common, len(word)))

    def _regex(self, phrase: str, literals: list[list[str]]) -> str:
        latin = self.script == "latin"
        regex = " [.,]" + self._openers if phrase.startswith("^") else ""
        for place, (part, some) in enumerate(zip(_parts(phrase), literals, strict=True)):
            if part == "...":
                regex += f"(?: [^ .]+){{0,{GAP['latin']}}}" if latin else f"[^.]{{0,{GAP['han']}}}"
            elif part == "_":
                regex += r"(?:(?<=[.,]) [^ .,]+| [^ .,]+(?= [.,]))"
            else:
                before = ("" if regex == "" else " ?", " " if place == 0 else "(?: ,)? ")[latin]
                regex += before + _either(some)
        return regex + ("(?= ?[.,])" if phrase.endswith("$") else "(?= )" if latin else "")

    @cached_property
    def _openers(self) -> str:
        space = " " if self.script == "latin" else " ?"
        return f"(?:{space}{_either(self.openers)}(?: ,)?){{0,2}}" if self.openers else ""


def _parts(phrase: str) -> list[str]:
    return phrase.removeprefix("^").removesuffix("$").split()


def _either(literals: Iterable[str]) -> str:
    """A group of alternatives, longest first, because a regex takes the first that fits."""
    return "(?:" + "|".join(re.escape(one) for one in sorted(set(literals), key=len, reverse=True)) + ")"


def _grammar(words: PackFile) -> _Grammar:
    return _Grammar(words.script, words.openers, frozenset(words.common), words.lists)


def _compile(language: str, words: PackFile) -> Pack:
    grammar = _grammar(words)
    kinds: dict[MessageKind, KindWords] = {kind: getattr(words, kind) for kind in MessageKind}
    found: dict[str, dict[MessageKind, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind, one in kinds.items():
        for phrase in one.phrases if kind not in ALONE else ():
            for key, regex in grammar.looks(phrase):
                found[key][kind].append(regex)
    alone = frozenset(word for kind in ALONE for phrase in kinds[kind].phrases for word in words_of(phrase, 200))
    unless = {kind: "|".join(map(grammar.regex, one.unless)) or None for kind, one in kinds.items()}
    return Pack(
        language,
        words.script,
        {
            key: tuple((kind, "|".join(some), unless[kind]) for kind, some in ones.items())
            for key, ones in found.items()
        },
        tuple(
            (kind, _any(one.patterns, words.script), unless[kind])
            for kind, one in kinds.items()
            if one.patterns and kind not in ALONE
        ),
        _alone(grammar, kinds),
        frozenset((".", ",")) | alone,
        str.maketrans({pair[1]: pair[0] for pair in words.same.split()}),
        frozenset(words_of(words.words, len(words.words))) | alone,
        frozenset(words.foreign.split()),
        _misspelt(words.disguised.split(), frozenset(words.words.split())),
        {kind: one.examples for kind, one in kinds.items()},
        {kind: one.unlike for kind, one in kinds.items()},
    )


def _misspelt(words: Iterable[str], known: frozenset[str]) -> dict[str, str]:
    """Each word by its misspellings that are no words: two letters exchanged, or (of a longer word) one left out."""
    found: dict[str, str] = {}
    for word in words:
        swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]
        shorter = [word[:at] + word[at + 1 :] for at in range(1, len(word))] if len(word) > 5 else []
        found |= {one: word for one in (*swapped, *shorter) if one not in known and one != word}
    return found


def _any(patterns: Iterable[str], script: str) -> str:
    whole = "|".join(patterns)
    return f" (?:{whole})(?= )" if script == "latin" else whole


def _alone(grammar: _Grammar, kinds: Mapping[MessageKind, KindWords]) -> re.Pattern[str]:
    """A regex that matches the next phrase of a kind in ALONE, or pause, of a line; the group's name is the kind."""
    groups = []
    for kind in ALONE:
        one = kinds[kind]
        regexes = sorted(map(grammar.regex, one.phrases), key=len, reverse=True)
        regexes += [_any(one.patterns, grammar.script)] if one.patterns else []
        groups.append(f"(?P<{kind}>{'|'.join(regexes)})" if regexes else f"(?P<{kind}>(?!))")
    return re.compile(f"{'|'.join(groups)}| [.,]| ")


# --- validation ----------------------------------------------------------------------------------


def _problems(file: YamlFile) -> Iterator[Problem]:
    shape = list(objections(PackFile, _lists_as_tuples(file.data)))
    yield from shape
    if shape:
        return
    words = PackFile.model_validate(file.data, strict=False)
    if words.script == "latin" and not words.words.strip():
        what = "is missing, so no message would be read as written in this language"
        yield Problem(("words",), what, "the 500 to 2000 most common words of the language, separated by spaces,")
    grammar = _grammar(words)
    for kind in MessageKind:
        one: KindWords = getattr(words, kind)
        for name in ("phrases", "unless"):
            for place, phrase in enumerate(getattr(one, name)):
                yield from _phrase_problems(grammar, phrase, (str(kind), name, place))
        for place, pattern in enumerate(one.patterns):
            yield from _pattern_problems(pattern, (str(kind), "patterns", place))


def _lists_as_tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists_as_tuples(one) for key, one in value.items()}
    return tuple(map(_lists_as_tuples, value)) if isinstance(value, list) else value


def _phrase_problems(grammar: _Grammar, phrase: str, keys: Keys) -> Iterator[Problem]:
    parts = _parts(phrase)
    if not parts or "..." in (parts[0], parts[-1]) or parts.count("...") > MOST_REPEATS:
        yield Problem(keys, "has `...` at an end, or more than twice, or nothing else", "words around it")
        return
    for part in parts:
        for one in part.split("/"):
            if one.startswith("<") and one[1:-1] not in grammar.lists:
                yield Problem(keys, "names a list that this pack does not have", suggest(one[1:-1], grammar.lists))
                return
        if part not in ("...", "_") and not all(re.search(r"\w", literal) for literal in grammar.literals(part)):
            yield Problem(keys, f"has no word in `{part}`", "letters")
            return
    if all(part in ("...", "_") for part in parts):
        yield Problem(keys, "has no word of its own", "at least one")


_PIECES = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P<\w+>|[:=!>]|<[=!]))?|\)|[*+?]|\{\d*,?\d*\}|.", re.DOTALL
)


def _pattern_problems(pattern: str, keys: Keys) -> Iterator[Problem]:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield Problem(keys, f"is not a regular expression ({error})", "plain words under `phrases`")
        return
    if re.search(pattern, ""):
        yield Problem(keys, "matches a message without any word", "at least one letter that must be there")
    if what := _costly(pattern):
        yield Problem(
            keys, what, f"repeats such as {{1,{LONGEST_REPEAT}}}, at most {MOST_REPEATS}, none inside another,"
        )


def _costly(pattern: str) -> str | None:
    """Why a hostile message could make the pattern slow; None if it can't."""
    repeats, inner, closed = 0, [False], False
    for piece in _PIECES.findall(pattern):
        if piece.startswith("("):
            inner.append(False)
        elif piece == ")":
            closed = inner.pop()
            inner[-1] |= closed
            continue
        elif piece == "?":
            inner[-1] = True
        elif piece in ("*", "+") or (piece.startswith("{") and len(piece) > 1):
            longest = piece.strip("{}").split(",")[-1]
            if closed:
                return "has a repeat inside a repeat"
            if not longest.isdigit() or int(longest) > LONGEST_REPEAT:
                return "has a repeat that is too long or unbounded"
            repeats, inner[-1] = repeats + 1, True
        closed = False
    return "has too many repeats" if repeats > MOST_REPEATS else None
