"""The promise of a room's share of voice: of what is said there, our unprompted words are never more than a part.

It holds among the last 50 messages (as long as there are fewer: among all, but for a first word), and in any 24 hours
that hold at least 50. Only a word of ours can make a window worse; so each word is checked against all windows that end
with it, and may yet grow to 50 by others' words: then it holds in every window there ever will be.
"""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from bot.decide.times import DAY

VOICE_WINDOW = 50  # messages over which the share is promised


class Voice:
    """Hears all that is said in a room, in order; times are in seconds by our own clock and never go back."""

    def __init__(self) -> None:
        self._count = 0
        self._ours: deque[tuple[int, float]] = deque()  # number and time of each unprompted word of ours
        self._now = 0.0

    def restore(self, said: Iterable[tuple[float, bool]]) -> None:
        """From (time, was it ours and unprompted) of the last 50 messages and of the last day, in order."""
        for at, ours in said:
            self.hear(at, ours)

    def hear(self, at: float, ours: bool) -> None:
        self._now = at if at > self._now else self._now
        self._count += 1
        if ours:
            self._ours.append((self._count, self._now))
        while self._ours and self._ours[0][0] <= self._count - VOICE_WINDOW and self._ours[0][1] <= self._now - DAY:
            self._ours.popleft()

    def allows(self, share: float, now: float, underway: int = 0) -> bool:
        """May we say one more word? `underway` words of ours are decided already but do not stand there yet. Where
        fewer than 50 messages are known, a first word may always be said if it will keep the promise among 50: else a
        new room would never hear us."""
        number = self._count + underway + 1
        ours, yesterday = underway + 1, max(now, self._now) - DAY
        if ours > share * VOICE_WINDOW:
            return False
        for said, at in reversed(self._ours):
            ours, everything = ours + 1, number - said + 1
            if everything > VOICE_WINDOW and at < yesterday:
                break
            if ours > share * max(everything, VOICE_WINDOW):
                return False
        return number >= VOICE_WINDOW or ours <= max(1, share * number)

    def last(self, window: int = VOICE_WINDOW) -> tuple[int, int]:
        """(our unprompted words, all messages) among the last `window`."""
        first = self._count - window
        return sum(1 for _ in islice((one for one in self._ours if one[0] > first), window)), min(window, self._count)
