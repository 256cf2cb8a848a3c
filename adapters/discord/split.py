"""Splits a text into parts that Discord accepts: short enough, cut at natural breaks, code blocks kept intact.

The raw pieces joined are the original text; only fences are added, and an ellipsis if five parts are not enough. Then
the whole text goes along as a file.
"""

import re
import unicodedata
from dataclasses import dataclass

LENGTH = 2000  # Discord's limit for a bot's message, counted here in UTF-16 units, the strictest possible count
PARTS = 5  # more than five messages in a row is a flood
ELLIPSIS = PLACEHOLDER = "…"
FENCE = "```"
_CLOSING = "\n" + FENCE
_OPENING = re.compile(r"```([\w+#.-]{0,20})(?=\n)")
_KEPT_WHOLE = re.compile(r"<[^<>\s]{1,120}>|https?://[^\s<>]{1,600}|```[\w+#.-]{0,20}\n?")
_BREAKS = ("\n\n", "\n", re.compile(r"[.!?…]+[\"')\]]*\s+|[。！？]+[」』”）]*"), " ")  # best first
_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]*_]*(?=\s)|[。！？]+[」』”）]*|\n")
_NEXT = "\n"
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the source: `raw` is the source's text, `opens` and `closes` are the fences that the cuts need."""

    raw: str
    opens: str = ""
    closes: str = ""

    @property
    def shown(self) -> str:
        return self.opens + self.raw + self.closes


def split(source: str) -> tuple[str, ...]:
    """At most five parts of at most 2000 UTF-16 units; blank parts are left out (Discord refuses them). A longer text
    is truncated with an ellipsis."""
    pieces = cut(clean(source))
    if len(pieces) > PARTS:
        last = pieces[PARTS - 1]
        pieces = [*pieces[: PARTS - 1], Piece(last.raw.rstrip() + ELLIPSIS, last.opens, last.closes)]
    return tuple(shown for piece in pieces if (shown := piece.shown.strip()))


def overflow(source: str) -> str:
    """The whole text if it takes more than five parts, else ""."""
    source = clean(source)
    return source if len(cut(source)) > PARTS else ""


def unfinished(source: str) -> str:
    """What is shown of a text that is still being written: its whole sentences, as far as they fit into one message,
    and an ellipsis."""
    source = clean(source)
    ends = [match.end() for match in _SENTENCE_END.finditer(source)]
    pieces = cut(source[: ends[-1]].rstrip()) if ends else []
    shown = pieces[0].shown.strip() if pieces else ""
    return f"{shown}{_NEXT if FENCE in shown.rpartition(chr(10))[2] else ' '}{ELLIPSIS}" if shown else PLACEHOLDER


def clean(source: str) -> str:
    """The text without characters that can't be sent: control characters (except tabs and line ends) and lone
    surrogates."""
    source = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", source.replace("\r\n", "\n"))


def units(source: str) -> int:
    """Length in UTF-16 units: characters beyond the basic plane (most emoji) count twice."""
    return len(source) + sum(character > "\uffff" for character in source)


def cut(source: str) -> list[Piece]:
    """The whole source as pieces, each short enough with its fences and an ellipsis."""
    pieces: list[Piece] = []
    opens, start = "", 0
    while start < len(source):
        room = LENGTH - units(opens) - units(_CLOSING) - units(ELLIPSIS)
        end = _end(source, start, room)
        raw = source[start:end]
        fence = _open_fence(raw, opens)
        pieces.append(Piece(raw, opens, _close(raw) if fence else ""))
        opens, start = fence, end
    return pieces


def _close(raw: str) -> str:
    return FENCE if raw.endswith("\n") else _CLOSING


def _open_fence(raw: str, opens: str) -> str:
    """The fence open at the end of `raw`, given the one open at its beginning: "" or the line that reopens it."""
    fence, at = opens, 0
    while (found := raw.find(FENCE, at)) >= 0:
        language = _OPENING.match(raw, found)
        fence = "" if fence else f"{FENCE}{language[1] if language else ''}\n"
        at = found + len(FENCE)
    return fence


def _end(source: str, start: int, room: int) -> int:
    """The end of a piece that starts at `start`: the best break in the later half of what fits."""
    limit = _fitting(source, start, room)
    if limit == len(source):
        return limit
    for line_break in _BREAKS:
        at = _last(line_break, source, start + (limit - start) // 2, limit)
        if at is not None and (kept := _outside_whole(source, start, at)) > start:
            return kept
    return _outside_whole(source, start, _between_characters(source, start, limit))


def _fitting(source: str, start: int, room: int) -> int:
    """The end of the longest stretch from `start` that has at most `room` UTF-16 units."""
    end = min(len(source), start + room)
    while units(source[start:end]) > room:
        end -= (units(source[start:end]) - room + 1) // 2
    return end


def _last(line_break: str | re.Pattern[str], source: str, low: int, high: int) -> int | None:
    """The end of the last such break between `low` and `high`, or None."""
    if isinstance(line_break, str):
        found = source.rfind(line_break, low, high)
        return found + len(line_break) if found >= 0 else None
    ends = [match.end() for match in line_break.finditer(source, low, high)]
    return ends[-1] if ends else None


def _outside_whole(source: str, start: int, at: int) -> int:
    """`at`, or the beginning of the mention, emoji, address or fence that it would cut in two."""
    for match in _KEPT_WHOLE.finditer(source, start):
        if match.start() >= at:
            break
        if match.end() > at and match.start() > start:
            return match.start()
    return at


def _between_characters(source: str, start: int, at: int) -> int:
    """`at`, or a position shortly before it that separates no accent, joined emoji or skin tone from its letter."""
    for place in range(at, max(start + 1, at - 40), -1):
        if not _joined(source[place - 1], source[place]):
            return place
    return at  # forty marks on one letter are not meaningful text, so cutting is fine


def _joined(left: str, right: str) -> bool:
    marks = unicodedata.category(right).startswith("M") or right in (_JOINER, "\ufe0f") or "🏻" <= right <= "🏿"
    return marks or left == _JOINER
