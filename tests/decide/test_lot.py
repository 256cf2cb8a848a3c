"""The lot of a message: the same at each reading, and another for each purpose."""

from itertools import combinations
from statistics import correlation, fmean

import pytest

from bot.decide.lot import COVERAGE, lot
from bot.decide.open_turns import turn_id
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import at, post

MESSAGES = [post(f"id-{number}", "Ana") for number in range(5000)]
PURPOSES = (COVERAGE, "hold-out", "experiment/warmth", "experiment/length")


def test_coverage_keeps_the_lot_that_it_always_had() -> None:
    """The turn's id as a fraction: known from before there was any other purpose."""
    assert lot(post("p", "Ana"), COVERAGE) == int("d91a49c1", 16) / 2**32
    assert all(lot(message, COVERAGE) == int(turn_id(message)[:8], 16) / 2**32 for message in MESSAGES)


def test_what_coverage_leaves_out_goes_by_its_own_lot() -> None:
    room = Evening(rule_of("every_post", coverage=0.4))
    room.hear(*(post(f"id-{number}", "Ana", "a loaf", 10 * number) for number in range(200)))
    left_out = {trigger for trigger, (_, reason) in room.story().items() if reason == "left_out"}
    assert left_out == {message.id for message in MESSAGES[:200] if lot(message, COVERAGE) >= 0.4}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_lot_is_even_and_the_messages_own(purpose: str) -> None:
    lots = sorted(lot(message, purpose) for message in MESSAGES)
    assert lots[0] >= 0 and lots[-1] < 1
    assert max(abs(drawn - n / len(lots)) for n, drawn in enumerate(lots)) < 0.03  # Kolmogorov: one in 4,000 is worse
    assert lot(post("p", "Ana", "hi"), purpose) == lot(post("p", "Ben", "bye", 9, sent=at(-5)), purpose)


@pytest.mark.parametrize(("one", "other"), list(combinations(PURPOSES, 2)))
def test_the_lots_of_two_purposes_are_independent(one: str, other: str) -> None:
    """What coverage leaves in must be split evenly by whatever is drawn next."""
    lots = [(lot(message, one), lot(message, other)) for message in MESSAGES]
    assert abs(correlation(*zip(*lots, strict=True))) < 0.06
    assert fmean(second < 0.5 for first, second in lots if first < 0.1) == pytest.approx(0.5, abs=0.1)
