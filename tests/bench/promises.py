"""Promises that must hold for any history, checked naively: with all messages and all turns in hand."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.measure.lines import US
from bot.types import Message
from tests.bench.judged import Said

LAST, DAY = 50, 86_400.0  # messages; seconds
WITHIN = 1e-9  # tolerance of a share, for rounding


@dataclass(frozen=True)
class Word:
    """A message in a room. `surface` is the thread, or None for the timeline."""

    moment: float
    surface: str | None
    is_ours: bool
    is_unprompted: bool = False


def breaches(messages: Sequence[Message], turns: Sequence[Said], share_of_voice: float) -> Counter[str]:
    """How often each promise was broken. The caller chooses whether rooms are pooled (`everybody`) or looked at one by
    one."""
    found: Counter[str] = Counter()
    words = standing(messages, turns)
    found["two in a row"] = two_in_a_row(words)
    found["replies to bots"] = sum(turn.spoke and turn.trigger.author.is_bot for turn in turns)
    found["too loud in the last 50"] = too_loud_in_the_last(words, share_of_voice)
    found["too loud in 24 h"] = too_loud_in_a_day(words, share_of_voice)
    found["more than once in a thread"] = more_than_once(turns)
    found["not considered once"] = sum(
        count != 1 for count in _times(messages, (turn.trigger.id for turn in turns)).values()
    )
    return found


def standing(messages: Iterable[Message], turns: Iterable[Said]) -> list[Word]:
    """All messages, people's and ours, in order. At equal times, people's come first."""
    theirs = (Word(one.at.timestamp(), one.thread.root, False) for one in messages)
    ours = (Word(turn.moment, turn.trigger.thread.root, True, is_unprompted(turn)) for turn in turns if turn.spoke)
    return sorted([*theirs, *ours], key=lambda word: (word.moment, word.is_ours))


def is_unprompted(turn: Said) -> bool:
    return US not in turn.trigger.mentions


def two_in_a_row(words: Sequence[Word]) -> int:
    """Unprompted messages of ours with nobody else's between them on the same surface."""
    surfaces: dict[str | None, list[bool]] = {}
    for word in words:
        surfaces.setdefault(word.surface, []).append(word.is_unprompted)
    return sum(first and second for surface in surfaces.values() for first, second in pairwise(surface))


def too_loud_in_the_last(words: Sequence[Word], share: float) -> int:
    """Moments at which more than the share of the last 50 messages was ours and unprompted. While fewer were said in
    all, a first message of ours is allowed."""
    last: deque[bool] = deque(maxlen=LAST)
    count = 0
    for word in words:
        last.append(word.is_unprompted)
        allowed = share * len(last) + WITHIN
        count += word.is_unprompted and sum(last) > (max(1.0, allowed) if len(last) < LAST and share else allowed)
    return count


def too_loud_in_a_day(words: Sequence[Word], share: float) -> int:
    """Moments in a sliding window of 24 hours at which it holds at least 50 messages and more than the share of them is
    ours and unprompted."""
    return sum(everything >= LAST and ours > share * everything + WITHIN for ours, everything in _sliding(words))


def _sliding(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    first = ours = 0
    for number, word in enumerate(words):
        while words[first].moment <= word.moment - DAY:
            ours -= words[first].is_unprompted
            first += 1
            yield ours, number - first
        ours += word.is_unprompted
        yield ours, number - first + 1


def more_than_once(turns: Sequence[Said]) -> int:
    """Unprompted messages beyond the first in a thread, or about one message of a timeline."""
    places = (turn.trigger.thread.root or turn.trigger.id for turn in turns if turn.spoke and is_unprompted(turn))
    return sum(count - 1 for count in Counter(places).values())


def differ_before(whole: Sequence[Said], begun: Sequence[Said], cut: float) -> int:
    """Decisions before `cut` (seconds) that differ when nothing from `cut` on is known."""
    early = [{(turn.trigger.id, turn.spoke, turn.reason, turn.moment) for turn in turns if turn.moment < cut}
             for turns in (whole, begun)]  # fmt: skip
    return len(early[0] ^ early[1])


def _times(messages: Iterable[Message], triggers: Iterable[str]) -> Counter[str]:
    found = Counter({message.id: 0 for message in messages})
    found.update(triggers)
    return found
