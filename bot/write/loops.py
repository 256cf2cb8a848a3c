"""Removes the loops of small models. Pure; leaves code and everything that people repeat on purpose as it is."""

import re
from collections import Counter
from collections.abc import Callable

LONGEST_BAR = 60  # characters of one repeated sign, such as a progress bar or a rule: one line of a chat window
SHORTEST_LOOP = 2 * LONGEST_BAR  # characters; less is a laugh, a rule or a bar
REFRAIN = 4  # times; songs and lists repeat a line so often, a loop goes on
LETTERS = 8  # of a sentence; shorter ones ("No. No.", table rows) are repeated on purpose
_AGAIN_AND_AGAIN = re.compile(r"([^\d\n]{1,60}?)\1{5,}")
_ENDS = ".!?。！？…"
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){3,}")


def without_loops(text: str, sentences: Callable[[str], list[str]]) -> str:
    """The text with an endless sentence once, an endless sound three times, and no hole of three lines or more.
    `sentences` splits a text."""
    pieces = [(piece, _plain(piece)) for piece in sentences(_EMPTY_LINES.sub("\n\n", text))]
    times = Counter(plain for _, plain in pieces)
    said: set[str] = set()
    kept = []
    for piece, plain in pieces:
        if plain not in said or times[plain] <= REFRAIN or sum(map(str.isalpha, plain)) < LETTERS:
            kept.append(piece)
        said.add(plain)
    if (
        kept
        and times[last := pieces[-1][1]] == 1
        and any(plain.startswith(last) for plain, often in times.items() if often > REFRAIN)
    ):
        kept.pop()  # it breaks off within the loop
    return _AGAIN_AND_AGAIN.sub(_once_or_a_bar, _without_last_part("".join(kept)))


def _without_last_part(text: str) -> str:
    """The text without the part of a loop that it breaks off with."""
    loops = [loop for loop in _AGAIN_AND_AGAIN.finditer(text) if _is_of_words(loop)]
    end = loops[-1].end() if loops else len(text)
    return text[:end] if loops and loops[-1][1].startswith(text[end:].rstrip(" .…")) else text


def _plain(sentence: str) -> str:
    return " ".join(sentence.casefold().split()).strip(" .!?。！？…")


def _once_or_a_bar(loop: re.Match[str]) -> str:
    """Of what is longer than two lines: words once, with the sign of a cut if they end no sentence,
    a sound three times, signs without a letter up to a line."""
    if len(loop[0]) <= SHORTEST_LOOP:
        return loop[0]
    if _is_of_words(loop):
        words = loop[1].rstrip()
        return words + ("" if words[-1] in _ENDS else "…") + loop[1][len(words) :]
    return loop[1] * (3 if re.search(r"\w", loop[1]) else LONGEST_BAR // len(loop[1]))


def _is_of_words(loop: re.Match[str]) -> bool:
    return len(loop[0]) > SHORTEST_LOOP and sum(map(str.isalpha, loop[1])) >= LETTERS
