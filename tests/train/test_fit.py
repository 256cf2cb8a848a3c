"""What is learnt from a few examples that can be computed by hand, and how guesses are judged."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.train.fit import Combinations, choosing, deciding, logistic, smallest
from tests.train.scores import Tally, auc, calibration, judged

SEEN = Combinations()
NEAR, FAR, NOBODY = SEEN.number(("near",)), SEEN.number(("far",)), SEEN.number(("open",))


def learnt(choices: list[Any], l2: float = 1e-6) -> dict[str, float]:
    return SEEN.named(smallest(choosing(SEEN.parts, choices, l2), len(SEEN.traits)))


def test_what_is_chosen_three_times_as_often_is_three_times_as_likely() -> None:
    every = (NEAR, FAR, NOBODY)
    weights = learnt([(every, (NEAR,))] * 6 + [(every, (FAR,))] * 2 + [(every, (NOBODY,))] * 4)
    assert weights["near"] - weights["far"] == pytest.approx(math.log(3), abs=0.01)
    assert weights["near"] - weights["open"] == pytest.approx(math.log(1.5), abs=0.01)


def test_where_either_of_two_is_right_their_likelihoods_are_added() -> None:
    weights = learnt([((NEAR, NEAR, NOBODY), (NEAR, NEAR))] * 4 + [((NEAR, NEAR, NOBODY), (NOBODY,))])
    assert weights["near"] - weights["open"] == pytest.approx(math.log(2), abs=0.01)


def test_what_is_rare_stays_small() -> None:
    assert abs(learnt([((NEAR, NOBODY), (NEAR,))], l2=2.0)["near"]) < 0.5


def test_an_answer_that_is_yes_three_times_in_four_has_that_likelihood() -> None:
    weights = smallest(deciding([(0,), (0, 1)], [(4, 3), (10, 1)], 1e-6), 2)
    assert logistic(weights[0]) == pytest.approx(0.75, abs=0.01)
    assert logistic(sum(weights)) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    "loss",
    [
        choosing([(0,), (0, 1), (2,)], [((0, 1, 2), (0, 1)), ((1, 2), (2,))], 0.5),
        deciding([(0, 2), (1,)], [(5, 2), (3, 3)], 0.5),
    ],
)
def test_a_gradient_is_the_slope_of_its_loss(loss: Callable[[list[float]], tuple[float, list[float]]]) -> None:
    at, step = [0.3, -0.8, 0.5], 1e-6
    _, gradient = loss(at)
    for place in range(3):
        there = [one + step * (number == place) for number, one in enumerate(at)]
        assert (loss(there)[0] - loss(at)[0]) / step == pytest.approx(gradient[place], abs=1e-4)


@pytest.mark.parametrize(
    ("guess", "answers", "tally"),
    [
        (3, {3, 5}, Tally(right=1)),
        (4, {3}, Tally(wrong=1, missed=1)),
        (None, {3}, Tally(missed=1)),
        (4, set(), Tally(wrong=1)),
        (None, set(), Tally()),
    ],
)
def test_a_guess_is_judged(guess: int | None, answers: set[int], tally: Tally) -> None:
    assert judged(guess, frozenset(answers)) == tally


def test_precision_recall_and_f1() -> None:
    tally = Tally(right=3, wrong=1, missed=3)
    assert (tally.precision, tally.recall, tally.f1) == (0.75, 0.5, 0.6)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    assert auc([(0.9, True), (0.8, False), (0.8, True), (0.1, False)]) == 3.5 / 4
    assert auc([(0.5, True), (0.5, False)]) == 0.5


def test_calibration_says_what_was_so_of_what_was_said() -> None:
    assert list(calibration([(0.1, False), (0.1, True), (1.0, True)])) == [(0.1, 0.5, 2), (1.0, 1.0, 1)]
