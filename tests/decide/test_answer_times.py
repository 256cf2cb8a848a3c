"""From answers to a curve, and from a curve to a hold: by hand where exact, by simulation where learnt."""

import random
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.answer_times import (
    EDGES,
    FROM_COMMUNITY,
    FROM_PRIOR,
    MEDIAN,
    NEVER,
    POSTS,
    STEPS,
    AnswerTimes,
    Curve,
    hold_for,
    still_answered,
)
from bot.decide.times import DAY

HOUR = 3600.0  # seconds
NOTHING = [0.0] * STEPS
RISKS = (0.10, 0.25, 0.40)


def clock_time(begins: Iterable[float], end: float) -> list[float]:
    return [end - begin for begin in begins]


def steps(**hazards: float) -> list[float]:
    """The chance in each step that a waiting post is answered, written `s12=0.5`; 0 in all others."""
    return [hazards.get(f"s{step}", 0.0) for step in range(STEPS)]


def left(hazards: Iterable[float], posts: float = 1.0) -> Curve:
    """How many of the posts are unanswered at the beginning of each step, and at the end of the last."""
    return list(accumulate(hazards, lambda left, hazard: left * (1.0 - hazard), initial=posts))


def hazards_of(curve: Curve) -> list[float]:
    return [1.0 - after / before for before, after in pairwise(curve)]


def learnt(times: AnswerTimes, now: float, wider: list[float] = NOTHING, weight: float = 1e-12) -> list[float]:
    """The hazards, shrunk with `weight` towards those of the `wider` circle."""
    return hazards_of(times.curve(now, clock_time, left(wider, weight)))


# --- by hand -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hazards", "risk", "seconds"),
    [
        pytest.param(NOTHING, 0.01, 0.0, id="nobody ever answers"),
        pytest.param(steps(s10=0.2), 0.2, 0.0, id="just so many answer as may be overtaken"),
        # Half of the posts are answered in step 10. At two thirds of that step, a quarter of the remaining posts are
        # still to be answered.
        pytest.param(steps(s10=0.5), 0.25, EDGES[9] + 2 / 3 * (EDGES[10] - EDGES[9]), id="in the midst of a step"),
        pytest.param(steps(s10=0.5), 0.1, EDGES[9] + 8 / 9 * (EDGES[10] - EDGES[9]), id="nearly through it"),
        pytest.param(steps(s0=0.5), 0.25, EDGES[0] * 2 / 3, id="in the first step"),
        # 1 - 0.5 * 0.5 = 0.75 at first, 0.5 after step 10, none after step 20.
        pytest.param(steps(s10=0.5, s20=0.5), 0.5, EDGES[10], id="where a step ends"),
        pytest.param(
            steps(s10=0.5, s20=0.5), 0.25, EDGES[19] + 2 / 3 * (EDGES[20] - EDGES[19]), id="in the second one"
        ),
        pytest.param(
            steps(**{f"s{STEPS - 1}": 0.5}),
            0.1,
            EDGES[-2] + 8 / 9 * (DAY - EDGES[-2]),
            id="on the last stretch of the day",
        ),
    ],
)
def test_from_a_curve_to_a_hold(hazards: list[float], risk: float, seconds: float) -> None:
    assert hold_for(risk, left(hazards)) == pytest.approx(seconds)
    assert hold_for(risk, left(hazards, 30.0)) == pytest.approx(seconds), "of however many posts"


@pytest.mark.parametrize(
    ("seconds", "share"), [(0, 0.75), (EDGES[9], 0.75), (EDGES[10], 0.5), (EDGES[20], 0.0), (2 * DAY, 0.0)]
)
def test_from_a_hold_to_the_share_that_is_still_answered(seconds: float, share: float) -> None:
    assert still_answered(seconds, left(steps(s10=0.5, s20=0.5))) == pytest.approx(share)


def test_a_curve_by_hand() -> None:
    """Ten old posts: four answered in step 10, three in step 20, three never."""
    times = AnswerTimes()
    for number, step in enumerate((10,) * 4 + (20,) * 3 + (None,) * 3):
        times.ask(f"p{number}", float(number))
        if step is not None:
            times.answer(f"p{number}", EDGES[step] - 0.01)
    assert learnt(times, 3 * DAY) == pytest.approx(steps(s10=4 / 10, s20=3 / 6))


def test_whoever_may_still_be_answered_counts_for_as_long_as_it_was_watched() -> None:
    """The same four of ten in step 10; three more were asked just now and tell nothing yet."""
    times = AnswerTimes()
    for number, step in enumerate((10,) * 4 + (20,) * 3 + (None,) * 3):
        times.ask(f"p{number}", float(number))
        if step is not None:
            times.answer(f"p{number}", EDGES[step] - 0.01)
    for number in range(3):
        times.ask(f"new{number}", 3 * DAY - EDGES[5])
    found = learnt(times, 3 * DAY)
    assert found == pytest.approx(steps(s10=4 / 10, s20=3 / 6))
    assert learnt(times, 3 * DAY + EDGES[15] - EDGES[5]) == pytest.approx(steps(s10=4 / 13, s20=3 / 6))


def test_little_of_its_own_leans_on_the_wider_circle() -> None:
    wider = [0.3] * STEPS
    times = AnswerTimes()
    assert learnt(times, 0.0, wider, FROM_COMMUNITY) == pytest.approx(wider)
    for number in range(20):  # none of them is answered
        times.ask(f"p{number}", float(number))
    added = [20 * 0.7**step for step in range(STEPS)]  # what is left of twenty posts of the wider circle
    assert learnt(times, 9 * DAY, wider, 20.0) == pytest.approx([0.3 * posts / (20 + posts) for posts in added])


def test_what_is_added_is_answered_like_the_rest_and_so_says_less_and_less() -> None:
    """Ninety of a hundred posts were answered at once. That people elsewhere come back after hours hardly counts for
    the ten that are left: only two of the twenty added posts are left too."""
    times = AnswerTimes()
    for number in range(100):
        times.ask(f"p{number}", float(number))
        if number < 90:
            times.answer(f"p{number}", EDGES[5] - 0.01)
    found = learnt(times, 9 * DAY, steps(s5=0.9, s50=1.0), 20.0)
    assert found == pytest.approx(steps(s5=0.9, s50=2 / 12))


@pytest.mark.parametrize(
    ("begun", "silent", "at_risk"),
    [
        pytest.param(HOUR, DAY - 1, 4, id="a day is not over"),
        pytest.param(HOUR, DAY + 1, 2, id="talk of an hour, then a day of silence: it has ended"),
        pytest.param(2 * DAY, DAY + 1, 4, id="slow talk: a day of silence says nothing"),
        pytest.param(2 * DAY, 2 * DAY + 1, 3, id="slow talk, and it has ended all the same"),
    ],
)
def test_a_room_that_has_ended_was_watched_until_its_last_word(begun: float, silent: float, at_risk: int) -> None:
    """Of four posts one is answered after four hours, in another room. How many were watched for that long?"""
    last, times = 9 * DAY, AnswerTimes()
    times.ask("answered", last - DAY, "elsewhere")
    times.answer("answered", EDGES[50] - 0.01)
    times.ask("never answered", last - DAY, "elsewhere")
    times.hear("elsewhere", last + silent)
    times.ask("oldest", last - begun, "here")
    times.ask("latest", last - 60, "here")
    times.hear("here", last)
    assert learnt(times, last + silent)[50] == pytest.approx(1 / at_risk)


def test_the_prior_is_what_it_states() -> None:
    prior = AnswerTimes().prior(10)
    assert len(prior) == STEPS + 1 and prior[0] == 10
    assert 0 < prior[-1] / 10 - NEVER < 0.02  # one in fifty answers comes after more than a day
    half = next(edge for edge, still in zip(EDGES, prior[1:], strict=True) if still / 10 <= 1 - (1 - NEVER) / 2)
    assert MEDIAN <= half < MEDIAN * EDGES[1]


def test_the_prior_takes_on_the_pace_of_the_community() -> None:
    def hold(waited: float | None) -> float:
        times = AnswerTimes()
        for number in range(50):
            times.ask(f"p{number}", 0.0)
            if waited is not None and number % 2:
                times.answer(f"p{number}", waited)
        return hold_for(0.25, times.prior(1))

    assert hold(10.0) < hold(300.0) / 8
    assert hold(6000.0) > hold(300.0) * 4
    assert hold(None) == hold(MEDIAN)


@pytest.mark.parametrize(
    ("answers", "away", "shift"),
    [(0, 0, 0), (5, 0, 0), (10, 8, 4), (10, -8, -4), (90, 10, 9), (190, 20, 19), (190, -20, -19)],
)
def test_another_pace_is_the_same_prior_some_steps_away(answers: int, away: int, shift: int) -> None:
    """The prior adds ten answers at its own pace to those that came, each some steps sooner or later."""
    times, usual = AnswerTimes(), next(step for step, edge in enumerate(EDGES) if edge > MEDIAN)
    for number in range(answers):
        times.ask(f"p{number}", 0.0)
        times.answer(f"p{number}", EDGES[usual + away] - 0.01)
    stated, here = (hazards_of(each.prior(1.0)) for each in (AnswerTimes(), times))
    both = range(max(0, -shift), STEPS - max(0, shift))
    assert [here[step + shift] for step in both] == pytest.approx([stated[step] for step in both])


def test_only_the_first_answer_counts_and_only_within_a_day() -> None:
    times = AnswerTimes()
    for number in range(4):
        times.ask(f"p{number}", 0.0)
    times.answer("p0", 5.0)
    times.answer("p0", 5000.0)
    times.answer("unknown", 5.0)
    times.answer("p1", DAY + 1)
    step = next(step for step, edge in enumerate(EDGES) if edge > 5)
    assert learnt(times, 9 * DAY) == pytest.approx(steps(**{f"s{step}": 1 / 4}))
    assert times.prior(1) != AnswerTimes().prior(1)
    untouched = AnswerTimes()
    untouched.ask("p1", 0.0)
    untouched.answer("p1", DAY + 1)
    assert untouched.prior(1) == AnswerTimes().prior(1)


def test_the_oldest_and_the_deleted_are_forgotten() -> None:
    times, fresh = AnswerTimes(), AnswerTimes()
    for number in range(POSTS + 30):
        times.ask(f"p{number}", float(number))
        times.answer(f"p{number}", 30.0 if number < 30 else 3000.0)
    times.answer("p0", 5.0)
    for number in range(30, POSTS + 30):
        fresh.ask(f"p{number}", float(number))
        fresh.answer(f"p{number}", 3000.0)
    for each in (times, fresh):
        each.forget("p100")
        each.forget("p100")
    assert len(times) == len(fresh) == POSTS - 1
    assert times.since == fresh.since == 30.0
    assert learnt(times, DAY) == learnt(fresh, DAY)
    assert times.prior(1) == fresh.prior(1)


# --- properties for any input ---------------------------------------------------------------------

HAZARDS = st.lists(st.floats(0, 0.95), min_size=STEPS, max_size=STEPS)
RISK = st.floats(0.01, 0.9)


@given(HAZARDS, RISK, RISK)
def test_the_less_risk_the_longer_the_wait(hazards: list[float], one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert DAY >= hold_for(less, left(hazards)) >= hold_for(more, left(hazards)) >= 0


@given(HAZARDS, RISK)
def test_the_wait_keeps_the_risk_that_was_asked(hazards: list[float], risk: float) -> None:
    seconds = hold_for(risk, left(hazards))
    share = still_answered(seconds, left(hazards))
    assert share == pytest.approx(risk) if seconds else share <= risk + 1e-9


ANSWERS = st.lists(st.tuples(st.floats(0, 2 * DAY), st.none() | st.floats(0, 2 * DAY)), max_size=30)


@given(ANSWERS, st.floats(-DAY, 4 * DAY), st.sampled_from((FROM_COMMUNITY, FROM_PRIOR)))
def test_the_longer_the_fewer_wait(answers: list[tuple[float, float | None]], now: float, weight: float) -> None:
    times = AnswerTimes()
    for number, (at, waited) in enumerate(answers):
        times.ask(f"p{number}", at)
        if waited is not None:
            times.answer(f"p{number}", waited)
    found = times.curve(now, clock_time, times.prior(weight), 7.0)
    assert len(found) == STEPS + 1 and found[0] == 7.0
    assert all(before >= after > 0 for before, after in pairwise(found))


# --- learnt as it goes ---------------------------------------------------------------------------


def lognormal(median: float, spread: float, never: float) -> Callable[..., float | None]:
    return lambda chance, number: None if chance.random() < never else median * exp(chance.gauss(0, spread))


def two_crowds(chance: random.Random, number: int) -> float | None:
    """Some people answer at once, some when they come home; every third post gets no answer."""
    if chance.random() < 0.33:
        return None
    return chance.expovariate(1 / 40) if chance.random() < 0.5 else 3600 + chance.expovariate(1 / 7200)


def ever_slower(chance: random.Random, number: int) -> float | None:
    """A room that grows slower over the years."""
    return None if chance.random() < 0.4 else (120 + number) * exp(chance.gauss(0, 1.5))


SHAPES = {
    "a busy chat": lognormal(45, 1.2, 0.5),
    "a forum": lognormal(900, 2.0, 0.35),
    "a slow list": lognormal(7200, 1.5, 0.3),
    "answers spread far": lognormal(300, 3.0, 0.45),
    "two crowds": two_crowds,
    "ever slower": ever_slower,
}


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_risk_that_was_asked_comes_true(shape: str, risk: float) -> None:
    """8,000 posts, ten minutes to an hour apart. Of those in which we would have spoken, the share that a person still
    answered within the day is the risk, at most 2 points more and 1 less."""
    chance, answers = random.Random(f"{shape} {risk}"), SHAPES[shape]
    times, overtaken, stepped_in, now = AnswerTimes(), 0, 0, 0.0
    coming: list[tuple[float, str, float]] = []
    for number in range(8000):
        now += chance.uniform(600, 3600)
        for each in [each for each in coming if each[0] <= now]:
            coming.remove(each)
            times.answer(each[1], each[2])
        times.ask(f"p{number}", now)
        wait = hold_for(risk, times.curve(now, clock_time, times.prior(FROM_PRIOR)))
        waited = answers(chance, number)
        if waited is not None and waited <= DAY:
            coming.append((now + waited, f"p{number}", waited))
        if waited is None or waited > wait:
            stepped_in += 1
            overtaken += waited is not None and waited <= DAY
    assert risk - 0.01 <= overtaken / stepped_in <= risk + 0.02
