"""Takes a member's words and name out of a text of ours. Pure.

Texts are compared as they are read: in one width and case, without what is invisible. So a name is found as a prompt
shows it, too: with spaces for some of its signs, and cut if it is long.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bot.remember.fulltext import CJK, COMMON

OMITTED = "…"
QUOTED_LETTERS = 8
"""Letters of a run of the same words from which it counts as quoted: "tomorrow", "two clicks", but not "the same".
Digits and the letters of languages without spaces count double: they say more."""

SHORT_NAME = 4  # characters: a shorter name ("Ana", "it") counts only in its own capitals, as it may be a word too
LEAST_NAME = 2  # characters: with one letter, a name can't be told from a word
SHOWN_LETTERS = 20  # of a long name; a prompt shows 32 characters or 24 tokens of it
LONG_SURNAME = 4  # letters; a shorter one is an ordinary word too often

_GAP = r"[\W_]{0,8}"  # between the words of a name: signs and spaces, or what a prompt leaves of them
_LETTER = f"[^\\W_{CJK}]"  # of scripts with spaces between words
_ACCENTS = "[\u0300-\u036f\u3099\u309a\uff9e\uff9f]"
_CLUSTER = re.compile(f"[\x00-\x7f]+(?!{_ACCENTS})|(?s:.){_ACCENTS}*")  # plain letters, or one with its accents
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800")  # after NFKC; with no glyph
_VOWELS = (
    "\u064b-\u065f\u0900-\u0963\u0981-\u0dff\u0e31-\u0ecd\u0f71-\u0fbc\u102b-\u103e\u17b6-\u17d3"  # signs, no letters
)
_NAME_WORD = re.compile(f"(?:[^\\W_]|[{_VOWELS}])+")
_DENSE = re.compile(f"[{CJK}0-9]")
_TOKEN = re.compile(f"[{CJK}]|[^\\W_{CJK}]+")


class Token(NamedTuple):
    """A word, in lower case, and where it stands in the text."""

    word: str
    start: int
    end: int


class Spoken:
    """Texts that may be quoted, prepared so that looking up a run of words takes microseconds however long they are."""

    def __init__(self, texts: Iterable[str]):
        words = [[token.word for token in _tokens(text)] for text in texts]
        self._words = frozenset(word for said in words for word in said)
        self._pairs = frozenset(pair for said in words for pair in pairwise(said))
        self._line = "\n".join(f" {' '.join(said)} " for said in words)

    def has(self, run: "Sequence[Token]") -> bool:
        """Whether one of the texts has these words, of which there is at least one, in a row."""
        if len(run) == 1:
            return run[0].word in self._words
        return (run[-2].word, run[-1].word) in self._pairs and _line(run) in self._line


def redacted(
    ours: str, removed: str | Spoken, names: Iterable[str] = (), still: str = "", ids: Iterable[str] = ()
) -> str:
    """Our text with a gap for each quotation of `removed` that is not in `still` too, and for each of `names`, their
    first and last words, and `ids`."""
    forms = [*map(_whole, ids), *(form for name in names for form in _forms(name))]
    pieces, end = [], 0
    for start, stop in sorted([*_named(ours, forms), *_quotations(ours, removed, still)]):
        if start >= end:
            pieces += [ours[end:start], OMITTED]
        end = max(end, stop)
    left = "".join([*pieces, ours[end:]])
    # What stands on both sides of a gap may be a quotation, too.
    return redacted(left, removed, still=still) if left != ours and quotes(left, removed, still) else left


def quotes(text: str, removed: str | Spoken, still: str = "") -> bool:
    """Whether the text quotes `removed`, with words that are not in `still` too."""
    return next(_quotations(text, removed, still), None) is not None


def _quotations(ours: str, removed: str | Spoken, still: str) -> Iterator[tuple[int, int]]:
    """The longest runs of words that both texts have, as places in ours."""
    words, newer = _tokens(ours), _line(_tokens(still))
    source = Spoken([removed]) if isinstance(removed, str) else removed
    first = 0
    while first < len(words):
        last = first
        while last < len(words) and source.has(words[first : last + 1]):
            last += 1
        run = words[first:last]
        if sum(map(_weight, run)) < QUOTED_LETTERS:
            first += 1
            continue
        if _line(run) not in newer:
            yield run[0].start, run[-1].end
        first = last


class Form(NamedTuple):
    """How a name may stand in a folded text, as a regex with a group `name`; and whether the first letter of that must
    be a capital. None: either will do."""

    pattern: str
    capital: bool | None = None


def _named(ours: str, forms: Iterable[Form]) -> Iterator[tuple[int, int]]:
    text, places = _folded(ours)
    for pattern, capital in forms:
        for found in re.finditer(pattern, text) if pattern else ():
            if capital in (None, ours[places[found.start("name")][0]].isupper()):
                yield places[found.start()][0], places[found.end() - 1][1]


def _forms(name: str) -> Iterator[Form]:
    """The whole name, the beginning of a long one, its first word and its last."""
    yield _whole(name)
    folded, places = _folded(name)
    words = list(_NAME_WORD.finditer(folded))
    letters = "".join(word[0] for word in words)
    if len(letters) > SHOWN_LETTERS:
        yield Form(_bounded(_GAP.join(_split(words, SHOWN_LETTERS)), end=False))
    for word in (words[0], words[-1]) if len(words) > 1 else ():
        if len(word[0]) < LEAST_NAME or word[0] in COMMON:
            continue
        capital = name[places[word.start()][0]].isupper()
        if word is words[0]:
            yield Form(_bounded(word[0]), capital if len(word[0]) < SHORT_NAME else None)
        elif len(word[0]) >= LONG_SURNAME:
            yield Form(_bounded(word[0]), True if _has_case(word[0]) else None)


def _whole(name: str) -> Form:
    folded, places = _folded(name)
    words = list(_NAME_WORD.finditer(folded))
    letters = sum(len(word[0]) for word in words)
    if letters < LEAST_NAME:
        return Form(f"(?P<name>{re.escape(folded)})" if len(folded) >= LEAST_NAME else "")
    lead, trail = re.escape(folded[: words[0].start()]), re.escape(folded[words[-1].end() :])
    capital = name[places[words[0].start()][0]].isupper()
    return Form(_bounded(_GAP.join(word[0] for word in words), lead, trail), capital if letters < SHORT_NAME else None)


def _split(words: Iterable[re.Match[str]], letters: int) -> Iterator[str]:
    """The words up to a number of letters."""
    for word in words:
        if letters > 0:
            yield word[0][:letters]
        letters -= len(word[0])


def _bounded(name: str, lead: str = "", trail: str = "", *, end: bool = True) -> str:
    """A regex for the name as a whole word, or as the beginning of one, if its script has spaces between words."""
    before = f"(?<!{_LETTER})" if name[0].isascii() else ""
    after = f"{_LETTER}*" if not end else f"(?!{_LETTER})" if name[-1].isascii() else ""
    return f"(?:{lead})?{before}(?P<name>{name}){after}(?:{trail})?"


def _has_case(word: str) -> bool:
    return word != word.upper()


@lru_cache(4096)  # more characters than the scripts of a room have
def _fold(cluster: str) -> str:
    plain = unicodedata.normalize("NFKC", cluster).casefold()
    return "".join(sign for sign in plain if sign not in _BLANK and unicodedata.category(sign) not in ("Cf", "Co"))


def _folded(text: str) -> tuple[str, Sequence[tuple[int, int]]]:
    """The text as it is compared, and for each of its characters the place in the original."""
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    for found in _CLUSTER.finditer(text):
        start, end = found.span()
        if found[0].isascii():
            pieces.append(found[0].lower())
            places += zip(range(start, end), range(start + 1, end + 1), strict=True)
        else:
            pieces.append(_fold(found[0]))
            places += [(start, end)] * len(pieces[-1])
    return "".join(pieces), places


def _tokens(text: str) -> list[Token]:
    folded, places = _folded(text)
    found = _TOKEN.finditer(folded)
    return [Token(word[0], places[word.start()][0], places[word.end() - 1][1]) for word in found]


def _line(words: Sequence[Token]) -> str:
    return f" {' '.join(token.word for token in words)} "


def _weight(token: Token) -> int:
    return sum(1 + bool(_DENSE.match(letter)) for letter in token.word)
