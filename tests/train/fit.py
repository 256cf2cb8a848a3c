"""Finds the weights that make the annotations most likely. Pure Python, without step size or seed: the same data give
the same weights.

Both models only see which traits an example has, and most combinations of traits occur again and again. So each
combination is scored once per round, and what remains per example is to add numbers.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Vector = list[float]
Loss = Callable[[Vector], tuple[float, Vector]]
"""A value to minimise, and its gradient."""

ROUNDS = 80  # an upper limit; links take 60 to 70
NEAR_ENOUGH = 1e-7  # relative change of the loss; by then no weight moves by more than 0.05, and no figure at all
REMEMBERED = 40  # past steps that estimate the curvature; with 10, rare traits have not settled after 100 rounds

Choice = tuple[tuple[int, ...], tuple[int, ...]]
"""Combinations to choose from, and the right ones."""


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
    """The loss of a conditional logit: the right combination (or any of several) was chosen among all."""

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
    """The loss of a logistic regression: how often a combination occurred, and how often the answer was yes."""

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
    """The gradient by trait, from that by combination."""
    gradient = [0.0] * len(weights)
    for part, force in zip(parts, pull, strict=True):
        if force:
            for trait in part:
                gradient[trait] += force
    return gradient


def _with_l2(value: float, gradient: Vector, weights: Vector, l2: float) -> tuple[float, Vector]:
    """The loss with an L2 penalty, which keeps rare traits small."""
    return value + l2 / 2 * _dot(weights, weights), [g + l2 * w for g, w in zip(gradient, weights, strict=True)]


# --- minimising -----------------------------------------------------------------------------------


def smallest(loss: Loss, size: int) -> Vector:
    """The weights at the minimum of `loss`, by L-BFGS (Liu and Nocedal, "On the limited memory BFGS method", 1989)."""
    at = [0.0] * size
    value, gradient = loss(at)
    steps: deque[tuple[Vector, Vector]] = deque(maxlen=REMEMBERED)
    for _ in range(ROUNDS):
        way = _way_down(gradient, steps)
        there, found = _walk(loss, at, value, gradient, way)
        if value - found[0] < NEAR_ENOUGH * abs(value):
            return there
        step, change = _minus(there, at), _minus(found[1], gradient)
        if _dot(step, change) > 0:  # otherwise the loss is not convex here, and the step tells nothing of its minimum
            steps.append((step, change))
        at, (value, gradient) = there, found
    return at


def _way_down(gradient: Vector, steps: Iterable[tuple[Vector, Vector]]) -> Vector:
    """The direction of descent: the gradient corrected by the curvature of the last steps."""
    way, corrections = list(gradient), []
    for step, change in reversed(list(steps)):
        share = _dot(step, way) / _dot(step, change)
        way = _plus(way, change, -share)
        corrections.append((share, step, change))
    if corrections:
        _, step, change = corrections[0]
        scale = _dot(step, change) / _dot(change, change)
    else:
        scale = 1.0 / math.sqrt(_dot(gradient, gradient) or 1.0)  # at first, one step of length 1
    way = [scale * one for one in way]
    for share, step, change in reversed(corrections):
        way = _plus(way, step, share - _dot(change, way) / _dot(step, change))
    return [-one for one in way]


def _walk(loss: Loss, at: Vector, value: float, gradient: Vector, way: Vector) -> tuple[Vector, tuple[float, Vector]]:
    """A step along `way` by backtracking: half as far, until the loss falls by a small part of what the slope
    promises."""
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
