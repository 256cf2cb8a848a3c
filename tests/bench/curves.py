"""Policies as curves: the useful share of what they say, over the share of unanswered posts that they cover."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDE, HIGH = 60, 20  # characters of a plot
FEW = 20  # replies of a rule: with so few, one more or less useful is five points
MARKS = "oxm+."  # the first is ours


@dataclass(frozen=True)
class Point:
    """One setting of a policy; `figures` in the terms of `bot.measure.outcomes`."""

    label: str
    figures: dict[str, Any]

    @property
    def coverage(self) -> float:
        return self.figures["coverage"] or 0.0

    @property
    def useful(self) -> float:
        return self.figures["useful"] or 0.0

    @property
    def late(self) -> float:
        return self.figures["late"] or 0.0

    @property
    def said(self) -> int:
        return int(self.figures["said"])

    def summary(self) -> str:
        return f"coverage {self.coverage:.0%}, useful {self.useful:.0%}, late {self.late:.0%}"


@dataclass(frozen=True)
class Curve:
    name: str
    points: Sequence[Point]

    def useful_at(self, coverage: float) -> float | None:
        """The best useful share at this coverage, interpolated between points; None if the curve never covers as
        much."""
        reached = [one.useful for one in self.points if one.coverage >= coverage]
        between = [_between(one, other, coverage) for one, other in pairwise(self.points)]
        return max([*reached, *(useful for useful in between if useful is not None)], default=None)


def _between(one: Point, other: Point, coverage: float) -> float | None:
    low, high = sorted((one, other), key=lambda point: point.coverage)
    if not low.coverage <= coverage <= high.coverage or low.coverage == high.coverage:
        return None
    part = (coverage - low.coverage) / (high.coverage - low.coverage)
    return low.useful + part * (high.useful - low.useful)


def beaten(point: Point, ours: Sequence[Curve]) -> str:
    """In words: how the point compares with the best of our curves at its own coverage."""
    useful = max(filter(None, (curve.useful_at(point.coverage) for curve in ours)), default=None)
    if point.said < FEW:
        return "too few to tell"
    if useful is None:
        return "NOT reached"
    return "BEATEN" if useful > point.useful else f"NOT beaten ({useful:.0%})"


def plot(curves: Sequence[Curve]) -> list[str]:
    """A plot of useful (upwards) over coverage (to the right), 0 to 100 %; the first curve's mark covers the others."""
    grid = [[" "] * (WIDE + 1) for _ in range(HIGH + 1)]
    for mark, curve in reversed([*zip(MARKS, curves, strict=False)]):
        for point in curve.points:
            grid[HIGH - round(point.useful * HIGH)][round(point.coverage * WIDE)] = mark
    rows = [f"{100 - 100 * number // HIGH:>4} % |{''.join(row)}" for number, row in enumerate(grid)]
    axis = f"  useful +{'-' * WIDE}> coverage, to 100 %"
    return [
        *rows,
        axis,
        "         " + ", ".join(f"{mark} {curve.name}" for mark, curve in zip(MARKS, curves, strict=False)),
    ]
