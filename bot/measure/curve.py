"""How long people take to answer: of the posts unanswered after a time, the share that a person still answers."""

import math
from bisect import bisect_left
from collections.abc import Sequence

CURVE_POINTS = 64  # points of a curve, evenly spaced on the logarithm of time
FIRST_POINT = 1.0  # seconds


class Curve:
    """Counts answer times up to a horizon (seconds) in fixed steps, so that memory does not grow."""

    def __init__(self, horizon: float):
        ratio = max(horizon, 2 * FIRST_POINT) / FIRST_POINT
        self.times: Sequence[float] = [
            FIRST_POINT * math.pow(ratio, step / (CURVE_POINTS - 1)) for step in range(CURVE_POINTS)
        ]
        self._counts = [0] * (CURVE_POINTS + 1)
        self.never = 0

    def add(self, seconds: float | None) -> None:
        """Counts an answer after `seconds`, or None for a post without an answer within the horizon."""
        if seconds is None:
            self.never += 1
        else:
            self._counts[bisect_left(self.times, seconds)] += 1

    @property
    def posts(self) -> int:
        return self.never + sum(self._counts)

    def still_answered(self) -> list[tuple[float, float]]:
        """(seconds, share) points: of the posts unanswered by then, the share that still gets an answer."""
        points = []
        left = sum(self._counts)
        for time, count in zip(self.times, self._counts, strict=False):
            left -= count
            if left + self.never:
                points.append((time, left / (left + self.never)))
        return points

    def at(self, seconds: float) -> float | None:
        """The share at a time in seconds; None without posts."""
        points = self.still_answered()
        before = [value for time, value in points if time <= max(seconds, self.times[0])]
        return before[-1] if before else (points[0][1] if points else None)
