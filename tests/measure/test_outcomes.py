"""Whom Cameo would have helped: the figures of a summary against the same figures computed naively."""

import pytest

from bot.config.room_rule import Join
from bot.measure.curve import Curve
from bot.measure.series import MOST_BUCKETS, Series
from tests.measure.by_hand import outcomes
from tests.measure.community import community, row, truth_of
from tests.measure.conftest import Play


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("with_truth", [True, False], ids=["annotated", "by links"])
@pytest.mark.parametrize("threaded", [True, False], ids=["threads", "replies"])
def test_the_figures_are_those_worked_out_by_hand(played: Play, seed: int, threaded: bool, with_truth: bool) -> None:
    rows = community(seed, threaded=threaded)
    done = played(rows, horizon=7200.0, with_truth=with_truth, join="unanswered", hold=10, share_of_voice=0.9)
    expected = outcomes(rows, truth_of(rows), done.turns, 7200.0)
    assert expected["all"]["eligible"] > 50
    summary = done.summary
    assert {name: summary[name] for name in expected["all"]} == expected["all"]
    for group in ("questions", "clean_questions"):
        assert summary[group] == expected[group]


@pytest.mark.parametrize("join", ["mentions", "every_post"])
def test_the_figures_hold_for_other_ways_of_joining(played: Play, join: Join) -> None:
    rows = community(11)
    done = played(rows, horizon=1800.0, join=join)
    expected = outcomes(rows, truth_of(rows), done.turns, 1800.0)["all"]
    assert {name: done.summary[name] for name in expected} == expected


def test_share_of_voice_is_ours_of_everything_in_each_room(played: Play) -> None:
    rows = community(2)
    done = played(rows, join="every_post")
    assert set(done.summary["share_of_voice"]) == {one["room"] for one in rows}
    for room, share in done.summary["share_of_voice"].items():
        spoken = sum(turn["room"] == room and turn["decision"] == "speak" for turn in done.turns)
        assert share == round(spoken / (spoken + sum(one["room"] == room for one in rows)), 4)


def test_without_any_link_nobody_can_say_whom_it_helped(played: Play) -> None:
    summary = played([row(f"m{n}", f"u{n % 3}", seconds=n * 900) for n in range(90)], join="every_post").summary
    assert "coverage" not in summary and summary["spoken"] > 0


def test_what_was_said_too_late_and_too_early_is_told_apart(played: Play) -> None:
    rows = [
        row("early", thread="early"), row("e2", "ben", "yes", 4000, thread="early"),
        row("alone", thread="alone", seconds=10_000), row("end", thread="end", seconds=200_000),
    ]  # fmt: skip
    summary = played(rows, horizon=86400.0, join="unanswered", share_of_voice=1.0).summary
    assert (summary["eligible"], summary["coverage"], summary["useful"]) == (2, 1.0, 0.5)
    assert (summary["late"], summary["displacement"], summary["median_hold_min"]) == (0.0, 0.5, 60.0)


def test_a_curve_tells_who_still_gets_an_answer() -> None:
    curve = Curve(86400.0)
    for minutes in (1, 5, 10, 60, 600):
        curve.add(minutes * 60.0)
    for _ in range(5):
        curve.add(None)
    assert curve.posts == 10
    assert curve.at(0.5) == 0.5 and curve.at(30 * 60) == pytest.approx(2 / 7) and curve.at(86400) == 0.0
    points = curve.still_answered()
    assert [time for time, _ in points] == sorted(time for time, _ in points)


def test_a_series_stays_small_and_loses_nothing() -> None:
    series = Series()
    for day in range(4000):
        series.add(day * 86400.0, "others")
    found = list(series)
    assert len(found) <= MOST_BUCKETS and sum(bucket["others"] for _, bucket in found) == 4000
    assert sum(column.get("others", 0) for column in series.spread(0, 4000 * 86400.0, 50)) == 4000
    loudest = Series(combine=max)
    for day in range(4000):
        loudest.add(day * 86400.0, "share", 0.2 if day == 7 else 0.1)
    assert max(bucket["share"] for _, bucket in loudest) == 0.2
