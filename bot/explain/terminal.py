"""Text in columns for a terminal, where a Chinese character is as wide as two Latin letters."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.types import Turn

TERMINAL_WIDTH = 80  # columns that every terminal shows without folding
# A line may break at spaces and after a wide character, which keeps the punctuation that closes a phrase.
WIDE = r"\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60"
PIECE = re.compile(rf"\s+|[{WIDE}][，。：；、！？）”]*|[^\s{WIDE}]+[，。：；、！？）”]*")


class Row(NamedTuple):
    label: str
    mark: str
    text: str


def printable(text: str) -> str:
    """The text as one line without control characters: names and ids are chosen by strangers."""
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


def cells(text: str) -> int:
    """How many columns the text takes."""
    return sum(map(_cell, text))


def _cell(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def aligned(rows: Iterable[Row], width: int = TERMINAL_WIDTH) -> Iterator[str]:
    """Lines of at most `width` columns. A label is written once for consecutive rows, and a long text wraps within its
    column."""
    rows = list(rows)
    beside = max((cells(row.label) for row in rows), default=0) + 2
    before = ""
    for row in rows:
        label = row.label if row.label != before else ""
        start = label + " " * (beside - cells(label)) + (f"{row.mark} " if row.mark else "")
        for line in fold(row.text, width - cells(start)) or [""]:
            yield (start + line).rstrip()
            start = " " * cells(start)
        before = row.label


def fold(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns."""
    lines = [""]
    for piece in PIECE.findall(text):
        for part in _cut(piece, width):
            if cells(lines[-1]) + cells(part.rstrip()) > width:
                lines.append("")
            lines[-1] += part if lines[-1] else part.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


def _cut(piece: str, width: int) -> list[str]:
    """A piece that is too long for a line, such as an id without a space, in parts that fit."""
    if cells(piece) <= width:
        return [piece]
    step = max(1, width // 2)  # a character takes two columns at most
    return [piece[start : start + step] for start in range(0, len(piece), step)]


def turn_line(turn: Turn) -> str:
    """A turn in one line: when, where, about which message, what was decided and what became of it."""
    return (
        f"{turn.at:%Y-%m-%d %H:%M:%S}  {turn.thread.room!s:32} {turn.trigger:26} "
        f"{turn.decision.verdict:6} {turn.decision.reason:16} {turn.state:8} {turn.error}".rstrip()
    )
