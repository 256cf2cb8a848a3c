"""When a room is awake: worked time computed by hand over nights, weekends and clock changes, and what it improves."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.activity import FASTEST, PACE_HOURS, SLOWEST, Activity
from bot.decide.answer_times import FROM_PRIOR, AnswerTimes, hold_for
from bot.decide.times import DAY, HOUR

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
WEEKS = 28 * 24  # hours


def heard(hours: dict[int, int] | Counter[int], zone: ZoneInfo = UTC_ZONE, begin: float = MONDAY) -> Activity:
    """A room with the given number of messages in each hour after `begin`."""
    activity = Activity(zone)
    for hour in sorted(hours):
        for number in range(hours[hour]):
            activity.hear(begin + hour * HOUR + number)
    return activity


def by_day(weeks: int = 4) -> dict[int, int]:
    """Awake from 8 to 23 on weekdays, with ten messages an hour."""
    hours = {hour: 10 for hour in range(weeks * 168) if 8 <= hour % 24 < 23 and hour // 24 % 7 < 5}
    return {0: 1, **hours, weeks * 168: 1}


def awake(activity: Activity, hour: int) -> float:
    return activity.pace(int(MONDAY // HOUR) + hour)


def test_before_anything_is_known_time_passes_as_it_does() -> None:
    activity = Activity(UTC_ZONE)
    assert activity.worked(MONDAY, MONDAY + 5000.5) == pytest.approx(5000.5)
    assert activity.until(MONDAY, 5000.5) == pytest.approx(MONDAY + 5000.5)


def test_a_room_as_lively_at_all_hours_knows_no_other_time() -> None:
    activity = heard(dict.fromkeys(range(WEEKS + 1), 3))
    assert [awake(activity, hour) for hour in range(48)] == pytest.approx([1.0] * 48)


def test_the_night_hardly_counts_and_the_day_counts_for_more() -> None:
    activity = heard(by_day())
    usual = 15 * 5 / 168 * 10  # messages an hour, averaged over the week
    doubt = 168 / (15 * 5)  # hours per hour with talk
    monday = 4 * 168  # the fifth week
    noon, night = (200 + doubt * usual) / (28 + doubt), doubt * usual / (28 + doubt)
    assert awake(activity, monday + 12) == pytest.approx((200 + doubt * noon) / (usual * (20 + doubt)), rel=0.02)
    assert awake(activity, monday + 3) == SLOWEST > doubt * night / (usual * (20 + doubt))
    saturday = monday + 5 * 24  # seen less often
    assert awake(activity, saturday + 12) == pytest.approx(doubt * noon / (usual * (8 + doubt)), rel=0.02)
    assert awake(activity, saturday + 3) == pytest.approx(doubt * night / (usual * (8 + doubt)), rel=0.03)


def test_on_its_first_weekend_a_room_is_believed_to_sleep_when_it_did_on_weekdays() -> None:
    activity = heard({hour: count for hour, count in by_day().items() if hour <= 5 * 24} | {5 * 24: 1})
    assert awake(activity, 5 * 24 + 3) < 0.3 < 1 < awake(activity, 5 * 24 + 12)


def test_a_silent_hour_tells_little_of_a_room_with_one_burst_a_day_and_much_of_one_that_talks_all_day() -> None:
    """Both rooms have been silent at three in the morning for a week and have the same number of messages."""
    hours = range(7 * 24 + 1)
    burst = heard({hour: 210 for hour in hours if hour % 24 == (12 + 5 * (hour // 24)) % 24 != 3} | {7 * 24: 1})
    all_day = heard({hour: 14 for hour in hours if 8 <= hour % 24 < 23} | {7 * 24: 1})
    assert awake(all_day, 7 * 24 + 3) < 0.1 and awake(burst, 7 * 24 + 3) > 0.5


def test_pace_has_bounds() -> None:
    loud = heard({0: 1, **{hour: 500 for hour in range(WEEKS) if hour % 24 == 12}, WEEKS: 1})
    found = [awake(loud, hour) for hour in range(168)]
    assert max(found) == FASTEST
    assert min(found) >= SLOWEST


def test_what_is_said_in_the_hour_that_runs_counts_from_the_next_on() -> None:
    activity = heard({0: 1, 1: 2, 2: 3})
    before = awake(activity, 26)
    for number in range(50):
        activity.hear(MONDAY + 2 * HOUR + 100 + number)
    assert awake(activity, 26) == before
    activity.hear(MONDAY + 3 * HOUR)
    assert awake(activity, 26) > before


def test_a_question_of_the_evening_waits_for_the_morning() -> None:
    activity = heard(by_day())
    evening = MONDAY + 4 * 7 * DAY + 22.5 * HOUR
    until = activity.until(evening, 4 * HOUR)
    assert evening + 9.5 * HOUR < until < evening + 11 * HOUR
    assert activity.until(evening - 12 * HOUR, 4 * HOUR) < evening - 9 * HOUR


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_where_clocks_change_it_goes_by_the_clock(day: datetime) -> None:
    """Awake from 8 to 23 in Berlin, before and after the change."""
    begin = (day - timedelta(days=28)).timestamp()
    hours = {
        hour: 10 for hour in range(28 * 24 + 12) if 8 <= datetime.fromtimestamp(begin + hour * HOUR, BERLIN).hour < 23
    }
    activity = heard({0: 1, **hours}, BERLIN, begin)
    for hour in range(24):
        moment = day + timedelta(hours=30 + hour)  # the day after
        pace = activity.pace(int(moment.timestamp() // HOUR))
        assert (pace > 1) == (8 <= moment.astimezone(BERLIN).hour < 23)
    gone_through = activity.worked(day.timestamp() - HOUR, day.timestamp() + 5 * HOUR)
    assert gone_through == pytest.approx(
        sum(HOUR * activity.pace(int(day.timestamp() // HOUR) + each) for each in range(-1, 5))
    )


def test_only_four_weeks_are_known() -> None:
    activity = heard({0: 1, **dict.fromkeys(range(1, WEEKS), 7), **dict.fromkeys(range(WEEKS, 3 * WEEKS), 1)})
    assert awake(activity, 3 * WEEKS) == 1.0
    assert len(activity._hours) <= PACE_HOURS
    assert sum(activity._seen) == PACE_HOURS


# --- properties for any input ---------------------------------------------------------------------

HEARD = st.lists(st.tuples(st.integers(-50, 200), st.integers(1, 9)), max_size=80)


def play(activity: Activity, steps: list[tuple[int, int]]) -> Counter[int]:
    """Hears messages at the given distances in quarters of an hour, which may be negative. Returns the counts of a
    store."""
    said, now = Counter[int](), int(MONDAY // HOUR) * 4
    for quarters, count in steps:
        now += quarters
        for _ in range(count):
            activity.hear(now * HOUR / 4)
            if now // 4 >= max(said, default=now // 4):
                said[now // 4] += 1
    return said


@given(HEARD, HEARD, st.sampled_from((UTC_ZONE, BERLIN)))
def test_what_is_restored_is_what_was_heard(
    steps: list[tuple[int, int]], more: list[tuple[int, int]], zone: ZoneInfo
) -> None:
    through, restored = Activity(zone), Activity(zone)
    restored.restore(sorted(play(through, steps).items()))
    later = [(quarters, count) for quarters, count in more]
    assert _looks(through, steps) == _looks(restored, steps)
    play(through, later)
    play(restored, later)
    assert _looks(through, more) == _looks(restored, more)


def _looks(activity: Activity, steps: list[tuple[int, int]]) -> list[float]:
    last = int(MONDAY // HOUR) + sum(quarters for quarters, _ in steps) // 4
    return [activity.pace(last + hour) for hour in range(-30, 200)]


@given(HEARD, st.floats(-9 * DAY, 9 * DAY), st.floats(0, 3 * DAY), st.floats(0, 3 * DAY))
def test_worked_time_never_goes_back_and_adds_up(
    steps: list[tuple[int, int]], begin: float, first: float, second: float
) -> None:
    activity = Activity(BERLIN)
    play(activity, steps)
    begin += MONDAY
    assert activity.worked(begin, begin - first) == 0 or first == 0
    if first + second < 23 * HOUR:
        whole = activity.worked(begin, begin + first + second)
        parts = activity.worked(begin, begin + first) + activity.worked(begin + first, begin + first + second)
        assert whole == pytest.approx(parts, abs=1e-3)
        assert SLOWEST * (first + second) - 1e-3 <= whole <= FASTEST * (first + second) + 1e-3


@given(HEARD, st.floats(-DAY, 9 * DAY), st.floats(0, 4 * HOUR))
def test_waiting_until_so_much_has_worked(steps: list[tuple[int, int]], begin: float, worked: float) -> None:
    activity = Activity(UTC_ZONE)
    play(activity, steps)
    until = activity.until(MONDAY + begin, worked)
    assert until >= MONDAY + begin
    if until - MONDAY - begin < 23 * HOUR:
        assert activity.worked(MONDAY + begin, until) == pytest.approx(worked, abs=1e-3)


# --- what it improves -----------------------------------------------------------------------------


def is_awake(at: float) -> bool:
    moment = datetime.fromtimestamp(at, UTC)
    return 8 <= moment.hour < 23 and (moment.weekday() < 5 or moment.hour % 4 == 0)


def answered(chance: random.Random, at: float) -> float | None:
    """Seconds until somebody answers who must be awake for it; None for the third of posts that nobody answers."""
    if chance.random() < 0.33:
        return None
    left, now = chance.lognormvariate(6.2, 1.4), at
    while left > 0:
        left, now = left - (60 if is_awake(now) else 0), now + 60
    return now - at


def at_night(at: float) -> bool:
    return not 8 <= datetime.fromtimestamp(at, UTC).hour < 23


def realised(risk: float, activity: Activity | None) -> float:
    """Of the posts at night in which we would have spoken: the share that a person still answered within a day. Without
    an activity, holds run by plain clock time. Posts come at all hours, two an hour; talk only by day."""
    chance, times, now = random.Random(7), AnswerTimes(), MONDAY
    stepped_in, overtaken = 0, 0
    coming: list[tuple[float, str, float]] = []

    def worked(begins: Iterable[float], end: float) -> list[float]:
        return activity.worked_since(begins, end) if activity else [end - begin for begin in begins]

    for number in range(1500):
        for _ in range(30):
            now += chance.expovariate(30 / 1800)
            if activity and is_awake(now):
                activity.hear(now)
        for moment, post, asked in [each for each in coming if each[0] <= now]:
            coming.remove((moment, post, asked))
            times.answer(post, *worked([asked], moment))
        times.ask(f"p{number}", now)
        wait = hold_for(risk, times.curve(now, worked, times.prior(FROM_PRIOR)))
        due = activity.until(now, wait) if activity else now + wait
        waited = answered(chance, now)
        if waited is not None and waited <= DAY:
            coming.append((now + waited, f"p{number}", now))
        if at_night(now) and number > 300 and (waited is None or now + waited > due):
            stepped_in += 1
            overtaken += waited is not None and waited <= DAY
    return overtaken / stepped_in


@pytest.mark.parametrize("risk", [0.10, 0.25, 0.40])
def test_at_night_the_risk_is_near_to_what_was_asked(risk: float) -> None:
    assert abs(realised(risk, Activity(UTC_ZONE)) - risk) < 0.06


def test_by_the_clock_it_would_not_be() -> None:
    assert realised(0.25, None) > 0.35 and realised(0.40, None) > 0.5
