"""Whom we talk with is told who we are: at first, after 30 days, and every three hours of continued talk."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.contact import TALK_PAUSE, TOLD_AGAIN, TOLD_IN_TALK, Contact, after_speaking
from tests.fakes.talk import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(*hours: float) -> list[float]:
    """At which of the times, in hours, an answer of ours tells."""
    contact: Contact | None = None
    found = []
    for hour in hours:
        contact = after_speaking(contact, f"turn at {hour}", NOON + hour * HOUR)
        found += [hour] * (contact.by == f"turn at {hour}")
    return found


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ([0], [0]),
        ([0, 0.1, 1, 2], [0]),
        ([0, 24, 48], [0]),  # no talk lasts so long
        ([0, 1, 2, 3, 4, 5, 6], [0, 3, 6]),
        ([0, 1, 2, 2.9, 3.1], [0, 3.1]),
        ([0, 10, 11, 12, 12.9, 13], [0, 13]),  # the talk began at ten
        ([0, 1, 2, 3.5], [0]),  # after a pause it is another talk
        ([0, 719, 720], [0, 720]),
        ([0, 720, 1440], [0, 720, 1440]),
    ],
)
def test_the_times_at_which_somebody_is_told(spoken: list[float], expected: list[float]) -> None:
    assert told(*spoken) == expected


@given(st.lists(st.floats(0.01, 900), min_size=1, max_size=30))
def test_nobody_is_left_untold_nor_told_all_the_time(gaps: list[float]) -> None:
    times, now = [], 0.0
    for gap in gaps:
        now += gap
        times.append(now)
    heard = told(*times)
    assert heard[0] == times[0]
    assert all(after - before >= TOLD_IN_TALK / HOUR - 1e-6 for before, after in pairwise(heard))
    for before, after in zip(heard, [*heard[1:], None], strict=False):
        later = [time for time in times if time > before and (after is None or time < after)]
        assert all(time - before < TOLD_AGAIN / HOUR for time in later)


def test_a_turn_that_is_tried_again_tells_again() -> None:
    first = after_speaking(None, "t", NOON)
    assert after_speaking(first, "t", NOON + TALK_PAUSE) == first
    assert after_speaking(first, "t2", NOON + HOUR).by == "t"
