"""The words of a message that can be quoted exactly: whole sentences that ping nobody, hide nothing and break no
markup. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from bot.decide.signals import asks
from bot.write.links import unmasked
from bot.write.models.code import code_in
from bot.write.pointing.quotable import holds_link
from bot.write.sanitize import tidy

QUOTED_MOST = (
    240  # columns (a Chinese character takes two) of a quotation: what is read at a glance; the link has the rest
)
QUOTED_SENTENCE = 320  # columns; a longer sentence is cut where it pauses
QUOTED_FROM = 4000  # characters of a message; Discord's longest

QUOTATION_MARKS = {"en": ("“”", "«»", "„“"), "zh": ("“”", "「」", "《》")}
"""Quotation marks by language: the first pair that the quoted words do not hold themselves."""

# What stands before the words of a line: signs of lists and headings, and whom the line calls. Leaving it out cuts
# nothing that was said.
_BEFORE = re.compile(r"\s*(?:(?:[-*+•]|\d{1,2}[.)]|#{1,6})\s+)?(?:(?:<@[!&]?\w+>|[@＠][^\s:：,，]{1,40})[\s:：,，]*)*")
_CALL = re.compile(r"[^\s:,，：]{2,32}[:：,，]\s+")
_QUOTED_LINE = re.compile(r"\s{0,3}>")
_ENDS = re.compile(r"[.!?…]+[\"”’)\]*_~]*\s+|[。！？]+[”’」』）]*\s*")
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|ca|no|nr|mr|mrs|ms|dr|st|min|max|incl|fig)|(?<!\w)\w)\.\s+$", re.I
)
_PAUSE = re.compile(r"[,;:]\s+|\s[–—-]\s|[，；：]")
_PINGS = re.compile(r"<@[!&]?\w|[@＠](?:everyone|here|room|channel|所有人|全体成员)|(?<![\w/])[@＠]\w", re.IGNORECASE)
_PAIRED = ("**", "__", "~~", "`", "||")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a message, exactly as they stand there. `cut_before` and `cut_after`: something that was said before or
    after them is left out."""

    words: str
    cut_before: bool = False
    cut_after: bool = False

    def marked(self, language: str) -> str | None:
        """The words between quotation marks that they do not hold themselves, with ellipses outside where something
        is left out. None if they hold all kinds of marks."""
        kinds = QUOTATION_MARKS.get(language.partition("-")[0], QUOTATION_MARKS["en"])
        pair = next((pair for pair in kinds if not set(pair) & set(self.words)), None)
        if pair is None:
            return None
        return f"{'…' * self.cut_before}{pair[0]}{self.words}{pair[1]}{'…' * self.cut_after}"


def quotation(text: str, tells: Callable[[str], float], *, called: bool = False) -> Quotation | None:
    """The sentences that tell most by `tells` (a number per sentence, 0: nothing): from the first sentence that is at
    least half as good as the best one, as many of its line as fit. None if no sentence may be quoted. `called`: the
    message mentions somebody, whose name it may begin with."""
    if len(text) > QUOTED_FROM or "||" in text:
        return None  # hidden words stay hidden
    fences = _fences(text)
    lines = [_sentences(text, *place) for place in _lines(text, fences, called=called)]
    worth = {
        place: tells(text[slice(*place)]) for line in lines for place in line if may_be_quoted(text[slice(*place)])
    }
    best = max(worth.values(), default=0.0)
    line, first = next(
        ((line, place) for line in lines for place in line if best and worth.get(place, 0.0) * 2 >= best), ([], (0, 0))
    )
    start, end = first[0], _end(text, first[0], [place for place in line if place >= first])
    if start == end:
        return None
    said = [*chain(*lines), *fences]
    return Quotation(text[start:end], min(said)[0] < start, max(last for _, last in said) > end)


def may_be_quoted(words: str) -> bool:
    """Whether the words ask nothing, ping nobody, hide nothing, hold no link, break no markup, and would reach readers
    unchanged."""
    if asks(words) or holds_link(words) or _PINGS.search(words) or tidy(words) != words or unmasked(words) != words:
        return False
    return all(words.count(mark) % 2 == 0 for mark in _PAIRED)


def width(words: str) -> int:
    """The columns that the words take."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)


def _end(text: str, start: int, places: Sequence[tuple[int, int]]) -> int:
    """Where a quotation ends that begins with the first of these sentences; `start` if it is too long to quote."""
    end = start
    for _, last in places:
        words = text[start:last]
        if not may_be_quoted(words) or width(words) > (QUOTED_MOST if end > start else QUOTED_SENTENCE):
            break
        end = last
    if end > start or not places:
        return end
    pauses = [found.start() for found in _PAUSE.finditer(text, start, places[0][1])]
    fitting = [at for at in pauses if width(text[start:at]) <= QUOTED_MOST and may_be_quoted(text[start:at])]
    return max(fitting, default=start)


def _fences(text: str) -> list[tuple[int, int]]:
    return [(start, end) for start, end in code_in(text) if text.startswith(("```", "~~~"), start)]


def _lines(text: str, fences: Sequence[tuple[int, int]], *, called: bool) -> Iterator[tuple[int, int]]:
    """The places of the words in each line, without blocks of code and without lines that quote somebody else."""
    at = 0
    for line in text.splitlines(keepends=True):
        start, end = at, at + len(line.rstrip())
        at += len(line)
        if _QUOTED_LINE.match(line) or any(begin < end and start < stop for begin, stop in fences):
            continue
        before = _BEFORE.match(text, start, end)
        start = before.end() if before else start
        call = _CALL.match(text, start, end) if called else None
        start = call.end() if call else start
        if start < end:
            yield start, end


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The places of the sentences in a line, without the spaces between them."""
    code = [(start + first, start + last) for first, last in code_in(text[start:end])]
    ends = [start, end]
    for found in _ENDS.finditer(text, start, end):
        inside = any(first < found.start() < last for first, last in code)
        if not inside and not _NO_END.search(text[start : found.end()]):
            ends.append(found.end())
    pieces = pairwise(sorted(set(ends)))
    return [(first, first + len(text[first:last].rstrip())) for first, last in pieces if text[first:last].strip()]
