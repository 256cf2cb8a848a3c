"""Takes a member's words and name out of a text of ours. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bot.remember.fulltext import CJK

OMITTED = "…"
QUOTED_LETTERS = 8
"""Letters of a run of the same words from which it counts as quoted: "tomorrow", "two clicks", but not "the same".
Digits and the letters of languages without spaces count double: they say more."""

SHORT_NAME = 4  # characters: a shorter name ("Ana", "it") counts only in its own capitals, as it may be a word too
LEAST_NAME = 2  # characters: with one letter, a name can't be told from a word

_DENSE = re.compile(f"[{CJK}0-9]")
_TOKEN = re.compile(f"[{CJK}]|[^\\W_{CJK}]+")


class Token(NamedTuple):
    """A word, in lower case, and where it stands in the text."""

    word: str
    start: int
    end: int


def redacted(ours: str, removed: str, names: Iterable[str] = (), still: str = "") -> str:
    """Our text with a gap for each quotation of `removed` that is not in `still` too, and for each of `names`."""
    pieces, end = [], 0
    for start, stop in sorted([*_named(ours, names), *_quotations(ours, removed, still)]):
        if stop > end:
            pieces += [ours[end : max(start, end)], OMITTED]
            end = stop
    return "".join([*pieces, ours[end:]])


def quotes(text: str, removed: str, still: str = "") -> bool:
    """Whether the text quotes `removed`, with words that are not in `still` too."""
    return next(_quotations(text, removed, still), None) is not None


def _quotations(ours: str, removed: str, still: str) -> Iterator[tuple[int, int]]:
    """The longest runs of words that both texts have, as places in ours."""
    words, source, newer = _tokens(ours), _line(_tokens(removed)), _line(_tokens(still))
    first = 0
    while first < len(words):
        last = first
        while last < len(words) and _line(words[first : last + 1]) in source:
            last += 1
        run = words[first:last]
        if sum(map(_weight, run)) < QUOTED_LETTERS:
            first += 1
            continue
        if _line(run) not in newer:
            yield run[0].start, run[-1].end
        first = last


def _named(ours: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    for name in {part for whole in names for part in (whole, *whole.split()[:1])}:
        if len(name) < LEAST_NAME:
            continue
        before = r"(?<!\w)" if name[0].isascii() else ""
        after = r"(?!\w)" if name[-1].isascii() else ""
        case = re.IGNORECASE if len(name) >= SHORT_NAME else re.NOFLAG
        yield from (found.span() for found in re.finditer(f"{before}{re.escape(name)}{after}", ours, case))


def _tokens(text: str) -> list[Token]:
    return [Token(found[0].casefold(), *found.span()) for found in _TOKEN.finditer(text)]


def _line(words: Sequence[Token]) -> str:
    return f" {' '.join(token.word for token in words)} "


def _weight(token: Token) -> int:
    return sum(1 + bool(_DENSE.match(letter)) for letter in token.word)
