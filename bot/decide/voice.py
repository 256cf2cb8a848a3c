"""The share of voice that a room is promised: our unprompted messages are at most this part of all messages.

The promise holds among the last 50 messages (with fewer messages: among all of them, except for a first one of ours),
and in any 24 hours with at least 50 messages. Only a message of ours can make a window worse. So each one is checked
against all windows that end with it, and a window of fewer than 50 is counted as 50, because messages of others may
still extend it: then the promise holds in every window there will ever be.
"""

from collections import deque
from collections.abc import Iterable
from itertools import islice

from bot.decide.times import DAY

VOICE_WINDOW = 50  # messages over which the share is promised


class Voice:
    """Takes in all messages of a room, in order; times are in seconds by our own clock and never go back."""

    def __init__(self) -> None:
        self._count = 0
        self._ours: deque[tuple[int, float]] = deque()  # number and time of each of our unprompted messages
        self._now = 0.0

    def restore(self, said: Iterable[tuple[float, bool]]) -> None:
        """Restores from (time, was it ours and unprompted) pairs of the last 50 messages and of the last day, in
        order."""
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
        """Whether we may send one more message. `underway` counts messages of ours that are decided but not sent yet.

        Where fewer than 50 messages are known, a first message is allowed if it keeps the promise among 50: otherwise a
        new room would never hear us.
        """
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
        """(our unprompted messages, all messages) among the last `window` messages."""
        first = self._count - window
        return sum(1 for _ in islice((one for one in self._ours if one[0] > first), window)), min(window, self._count)
