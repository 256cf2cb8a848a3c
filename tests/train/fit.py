"""Finds the weights that make what people annotated most likely. Pure Python; no step size, no seed: the same data give
the same weights.

Both models only know which traits something has, and most combinations of traits occur again and again. So each
combination is scored once a round, and all that is left to do for each example is to add numbers up.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Vector = list[float]
Loss = Callable[[Vector], tuple[float, Vector]]
"""A value to be made small, and its gradient."""

ROUNDS = 80  # a limit; links take 60 to 70
NEAR_ENOUGH = 1e-7  # of the loss; by then no weight moves by more than 0.05, and no figure at all
REMEMBERED = 40  # past steps that tell the curvature; with 10, what is rare in the record has not settled after 100

Choice = tuple[tuple[int, ...], tuple[int, ...]]
"""Combinations to choose from, and those that were right."""


@dataclass
class Combinations:
    """Traits and their combinations by number."""

    traits: dict[str, int] = field(default_factory=dict)
    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    parts: list[tuple[int, ...]] = field(default_factory=list)

    def number(self, combination: tuple[str, ...]) -> int:
        found = self.numbers.get(combination)
        if found is None:
            found = self.numbers[combination] = len(self.parts)
            self.parts.append(tuple(self.traits.setdefault(trait, len(self.traits)) for trait in combination))
        return found

    def named(self, weights: Sequence[float]) -> dict[str, float]:
        return {trait: weights[number] for trait, number in self.traits.items()}


def choosing(parts: Sequence[tuple[int, ...]], choices: Sequence[Choice], l2: float) -> Loss:
    """A conditional logit: the right combination (or any of several) was chosen among all."""

    def loss(weights: Vector) -> tuple[float, Vector]:
        power = [math.exp(sum([weights[trait] for trait in part])) for part in parts]
        pull, value = [0.0] * len(parts), 0.0
        for every, right in choices:
            total, good = sum([power[one] for one in every]), sum([power[one] for one in right])
            value += math.log(total / good)
            share = 1.0 / total
            for one in every:
                pull[one] += share
            for one in right:
                pull[one] -= 1.0 / good
        return _with_l2(value, _spread(parts, map(float.__mul__, pull, power), weights), weights, l2)

    return loss


def deciding(parts: Sequence[tuple[int, ...]], counts: Sequence[tuple[int, int]], l2: float) -> Loss:
    """A logistic regression: how often a combination occurred, and how often the answer was yes."""

    def loss(weights: Vector) -> tuple[float, Vector]:
        scores = [sum([weights[trait] for trait in part]) for part in parts]
        value = sum(n * softplus(score) - yes * score for (n, yes), score in zip(counts, scores, strict=True))
        pull = (n * logistic(score) - yes for (n, yes), score in zip(counts, scores, strict=True))
        return _with_l2(value, _spread(parts, pull, weights), weights, l2)

    return loss


def logistic(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))


def softplus(score: float) -> float:
    return max(0.0, score) + math.log1p(math.exp(-abs(score)))


def _spread(parts: Sequence[tuple[int, ...]], pull: Iterable[float], weights: Vector) -> Vector:
    """From combinations to their traits."""
    gradient = [0.0] * len(weights)
    for part, force in zip(parts, pull, strict=True):
        if force:
            for trait in part:
                gradient[trait] += force
    return gradient


def _with_l2(value: float, gradient: Vector, weights: Vector, l2: float) -> tuple[float, Vector]:
    """Rare traits stay small."""
    return value + l2 / 2 * _dot(weights, weights), [g + l2 * w for g, w in zip(gradient, weights, strict=True)]


# --- making it small -----------------------------------------------------------------------------


def smallest(loss: Loss, size: int) -> Vector:
    """Where `loss` is smallest, by L-BFGS (Liu and Nocedal, "On the limited memory BFGS method", 1989)."""
    at = [0.0] * size
    value, gradient = loss(at)
    steps: deque[tuple[Vector, Vector]] = deque(maxlen=REMEMBERED)
    for _ in range(ROUNDS):
        way = _way_down(gradient, steps)
        there, found = _walk(loss, at, value, gradient, way)
        if value - found[0] < NEAR_ENOUGH * abs(value):
            return there
        step, change = _minus(there, at), _minus(found[1], gradient)
        if _dot(step, change) > 0:  # else the loss is no bowl here, and tells nothing of where its bottom is
            steps.append((step, change))
        at, (value, gradient) = there, found
    return at


def _way_down(gradient: Vector, steps: Iterable[tuple[Vector, Vector]]) -> Vector:
    """The gradient, bent by what the last steps told about the curvature."""
    way, told = list(gradient), []
    for step, change in reversed(list(steps)):
        share = _dot(step, way) / _dot(step, change)
        way = _plus(way, change, -share)
        told.append((share, step, change))
    if told:
        _, step, change = told[0]
        scale = _dot(step, change) / _dot(change, change)
    else:
        scale = 1.0 / math.sqrt(_dot(gradient, gradient) or 1.0)  # at first, one step of length 1
    way = [scale * one for one in way]
    for share, step, change in reversed(told):
        way = _plus(way, step, share - _dot(change, way) / _dot(step, change))
    return [-one for one in way]


def _walk(loss: Loss, at: Vector, value: float, gradient: Vector, way: Vector) -> tuple[Vector, tuple[float, Vector]]:
    """As far along `way` as it pays: half as far, until the loss falls by a little of what the slope promises."""
    slope, length = _dot(gradient, way), 1.0
    while True:
        there = _plus(at, way, length)
        found = loss(there)
        if found[0] <= value + 1e-4 * length * slope or length < 1e-6:
            return there, found
        length /= 2


def _dot(a: Vector, b: Vector) -> float:
    return sum(map(float.__mul__, a, b))


def _plus(a: Vector, b: Vector, share: float = 1.0) -> Vector:
    return [x + share * y for x, y in zip(a, b, strict=True)]


def _minus(a: Vector, b: Vector) -> Vector:
    return [x - y for x, y in zip(a, b, strict=True)]
