"""Amounts over time, in buckets that widen as the history grows, so that their number stays small."""

import operator
from collections.abc import Callable, Iterator

MOST_BUCKETS = 512  # two per pixel of a chart on a wide screen, more than anybody sees
FIRST_WIDTH = 60.0  # seconds


class Series:
    """Amounts by time and kind. `combine` says how two amounts in one bucket add up: their sum, or the larger."""

    def __init__(self, combine: Callable[[float, float], float] = operator.add):
        self.width = FIRST_WIDTH
        self._combine = combine
        self._buckets: dict[int, dict[str, float]] = {}

    def add(self, moment: float, kind: str, amount: float = 1.0) -> None:
        bucket = self._buckets.get(int(moment // self.width))
        if bucket is None:
            bucket = self._new(moment)
        bucket[kind] = self._combine(bucket[kind], amount) if kind in bucket else amount

    def __iter__(self) -> Iterator[tuple[float, dict[str, float]]]:
        """Yields (start of a bucket in seconds, its amounts), in order of time."""
        for number in sorted(self._buckets):
            yield number * self.width, self._buckets[number]

    def spread(self, begin: float, end: float, columns: int) -> list[dict[str, float]]:
        """The amounts in `columns` columns of equal width."""
        found: list[dict[str, float]] = [{} for _ in range(columns)]
        for moment, bucket in self:
            column = found[min(columns - 1, max(0, int((moment - begin) / max(end - begin, 1e-9) * columns)))]
            self._merge(column, bucket)
        return found

    def _new(self, moment: float) -> dict[str, float]:
        while len(self._buckets) >= MOST_BUCKETS:
            self._widen()
        return self._buckets.setdefault(int(moment // self.width), {})

    def _widen(self) -> None:
        self.width *= 2
        old, self._buckets = self._buckets, {}
        for number, bucket in old.items():
            self._merge(self._buckets.setdefault(number // 2, {}), bucket)

    def _merge(self, into: dict[str, float], bucket: dict[str, float]) -> None:
        for kind, amount in bucket.items():
            into[kind] = self._combine(into[kind], amount) if kind in into else amount
