"""Does a draft repeat what we said in this room lately: its words, its opening, or its closing question? Pure.

The prompt lists our last lines as not to be repeated; this check notices when they are. Code and links are left out.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from bot.write.guard import sentences

COMPARED_LINES = 20  # of ours in the room: about two screens, which is what a regular remembers
SAME_SHARE = 0.5  # of a draft's runs of words that are in one earlier line: half of it is a copy
SHORTEST_HABIT = 4  # words; "Thanks, Ana!" may be said again
RUN, WIDE_RUN = 3, 6  # words, or Chinese and Japanese characters, that are compared together
OPENING, WIDE_OPENING = 3, 4  # the same of an opening
TIMES = 2  # earlier lines with that opening or closing question: this would be the third
CRIES, LATELY = 2, 4  # earlier lines among the last few that begin with the same cry ("Oh,")
SAME_QUESTION = 0.7  # share of common words from which two questions are the same one
_APART = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|<[@#:][^>\s]*>|@\w+", re.DOTALL)
_WIDE = "\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_WIDE}]|[^\W_{_WIDE}]+(?:['’][^\W_{_WIDE}]+)?")
_CRY = re.compile(r"\W*([^\W\d_]{1,8})\s*[,!…—–，！]")


class Repetition(StrEnum):
    """What a draft repeats."""

    WORDS = "words"
    OPENING = "opening"
    CLOSING = "closing"


def repetition(draft: str, own: Sequence[str]) -> Repetition | None:
    """What the draft repeats of our earlier lines in the room (oldest first), or None."""
    text, lines = _APART.sub(" ", draft), [_APART.sub(" ", line) for line in own]
    if _copies(text, lines):
        return Repetition.WORDS
    if _opens_alike(text, lines):
        return Repetition.OPENING
    return Repetition.CLOSING if _closes_alike(text, lines) else None


def _copies(text: str, lines: Sequence[str]) -> bool:
    """The closing question is compared by itself, unless the whole text is the same."""
    all_words, words = _words(text), _words(_said(text))
    if len(all_words) >= SHORTEST_HABIT and any(_words(line) == all_words for line in lines):
        return True
    runs = _runs(words)
    return len(words) >= SHORTEST_HABIT and any(
        len(runs & _runs(_words(line))) >= SAME_SHARE * len(runs) for line in lines
    )


def _opens_alike(text: str, lines: Sequence[str]) -> bool:
    opening = _opening(text)
    if opening and sum(_opening(line) == opening for line in lines) >= TIMES:
        return True
    cry = _cry(text)
    return bool(cry) and sum(_cry(line) == cry for line in lines[-LATELY:]) >= CRIES


def _closes_alike(text: str, lines: Sequence[str]) -> bool:
    asked = _question(text)
    return bool(asked) and sum(_alike(asked, _question(line)) for line in lines) >= TIMES


def _words(text: str) -> list[str]:
    """The words in lower case; each Chinese or Japanese character is one."""
    return _TOKEN.findall(text.casefold().replace("’", "'"))


def _is_wide(words: Sequence[str]) -> bool:
    """Whether most of the words are characters."""
    return sum("\u3040" <= word <= "\u9fff" for word in words) > len(words) / 2


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    size = min(WIDE_RUN if _is_wide(words) else RUN, len(words))
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)} if words else set()


def _opening(text: str) -> tuple[str, ...]:
    """The first words, if there are more behind them; empty otherwise."""
    words = _words(text)
    size = WIDE_OPENING if _is_wide(words) else OPENING
    return tuple(words[:size]) if len(words) > size else ()


def _cry(text: str) -> str:
    found = _CRY.match(text)
    return found[1].casefold() if found else ""


def _question(text: str) -> frozenset[str]:
    """The words of the question that ends the text; empty if none does."""
    return frozenset(_words(text[len(_said(text)) :]))


def _said(text: str) -> str:
    """The text before its closing question."""
    pieces = sentences(text)
    while pieces and not any(map(str.isalnum, pieces[-1])):
        pieces.pop()
    return "".join(pieces[:-1]) if pieces and "?" in pieces[-1].replace("？", "?") else text


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(other) and len(one & other) >= SAME_QUESTION * len(one | other)
