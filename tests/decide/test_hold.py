"""How long people get: from the curve learnt in the room, within the limits of its rule."""

from dataclasses import replace
from typing import Any

import pytest

from bot.config.room_rule import RoomRule
from bot.decide.answer_times import AnswerTimes, hold_for
from bot.decide.hold import Hold, hold, learnt, learnt_minutes, settled
from bot.decide.room import RoomState
from bot.decide.times import HOUR
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.talk import NOON, at, post

RISKS = (0.1, 0.25, 0.4)
DAY = 86_400.0  # seconds
BEFORE = NOON.timestamp() - 20 * DAY


def taught(*waits: float | None, posts: int = 200) -> AnswerTimes:
    """Answer times of a place in which people took the given seconds in turn, or never answered (None)."""
    times = AnswerTimes()
    for number in range(posts):
        times.ask(f"p{number}", BEFORE + number * 60)
        if (waited := waits[number % len(waits)]) is not None:
            times.answer(f"p{number}", waited)
    return times


def held(
    rule: RoomRule, here: AnswerTimes | None = None, community: AnswerTimes | None = None
) -> tuple[Hold, RoomState]:
    """The hold for a question at noon."""
    floor = floor_of(rule, community=community)
    if here is not None:
        floor.state.posts.here = here
    message = post("m", "Ana", "does it rise?")
    return hold(floor.state.fold(message).said, message.heard, rule, floor.state), floor.state


def seconds(here: AnswerTimes | None = None, community: AnswerTimes | None = None, **keys: Any) -> float:
    return held(rule_of(**{"hold_floor_minutes": 0, **keys}), here, community)[0].seconds


QUICK, SLOW = taught(20.0, 40.0, 80.0, None), taught(2000.0, 4000.0, 8000.0, None)


@pytest.mark.parametrize("minutes", [0, 0.5, 45, 3000])
def test_the_manager_fixes_it(minutes: float) -> None:
    found, _ = held(rule_of(hold=minutes, hold_ceiling_minutes=60), QUICK)
    assert found.until == at(minutes * 60)
    assert (found.seconds, found.share, found.at) == (minutes * 60, None, None)


@pytest.mark.parametrize("risk", RISKS)
def test_at_first_it_is_the_prior(risk: float) -> None:
    found, _ = held(rule_of(displacement_risk=risk, hold_floor_minutes=0))
    assert found.seconds == pytest.approx(hold_for(risk, AnswerTimes().prior(1)))
    assert found.until == at(found.seconds)
    assert found.share == pytest.approx(risk)


def test_the_prior_in_words() -> None:
    """What a manager sees in a room without history, in minutes: risks of 10, 25 and 40 %."""
    minutes = [round(seconds(displacement_risk=risk) / 60) for risk in RISKS]
    assert minutes == sorted(minutes, reverse=True)
    assert 90 < minutes[0] < 180
    assert 15 < minutes[1] < 30
    assert 2 < minutes[2] < 10


def test_the_room_teaches_it() -> None:
    assert seconds(QUICK) < 100 < 2000 < seconds(SLOW) < 10_000
    assert seconds(taught(None)) < seconds(), "where nobody answers, nobody is overtaken"


@pytest.mark.parametrize("here", [None, QUICK, SLOW])
def test_the_less_risk_the_longer(here: AnswerTimes | None) -> None:
    holds = [seconds(here, displacement_risk=risk) for risk in (0.01, 0.05, 0.1, 0.25, 0.4, 0.6, 0.9)]
    assert holds == sorted(holds, reverse=True)
    assert holds[0] > holds[-1]


def test_a_room_that_is_new_leans_on_its_community() -> None:
    assert seconds(None, QUICK) < seconds() < seconds(None, SLOW)
    assert seconds(QUICK, SLOW) < seconds(None, SLOW) / 2, "but comes to its own pace"
    few = taught(20.0, 40.0, 80.0, None, posts=8)
    assert seconds(QUICK, SLOW) < seconds(few, SLOW) < seconds(None, SLOW)


def test_floor_and_ceiling() -> None:
    floored, _ = held(rule_of(hold_floor_minutes=10), QUICK)
    assert (floored.seconds, floored.at) == (600, "floor")
    assert floored.share is not None and floored.share < 0.15, (
        "the share belongs to the actual wait, not to the one that was learnt"
    )
    ceiled, _ = held(rule_of(hold_ceiling_minutes=10), SLOW)
    assert (ceiled.seconds, ceiled.at) == (600, "ceiling")
    assert ceiled.share is not None and ceiled.share > 0.5
    assert held(rule_of(hold_floor_minutes=20, hold_ceiling_minutes=10), QUICK)[0].seconds == 1200
    assert held(rule_of(hold_floor_minutes=1, hold_ceiling_minutes=720), SLOW)[0].at is None


def test_it_counts_from_when_we_heard_it() -> None:
    """The platform's clock may be wrong."""
    rule = rule_of()
    floor = floor_of(rule)
    forged = post("m", "Ana", "does it rise?", sent=at(1e7))
    found = hold(floor.state.fold(forged).said, forged.heard, rule, floor.state)
    assert found == held(rule)[0]


def test_what_is_asked_at_night_waits_for_the_morning() -> None:
    floor = floor_of(rule := rule_of(hold_floor_minutes=0))
    for hour in range(28 * 24):
        for number in range(20 if hour % 24 >= 8 else 0):
            floor.state.activity.hear(NOON.timestamp() - 28 * DAY + (hour - 12) * HOUR + number)
    floor.state.posts.here = SLOW
    asked = post("m", "Ana", "does it rise?", 13 * HOUR)  # a post at night
    found = hold(floor.state.fold(asked).said, asked.heard, rule, floor.state)
    assert found.seconds > 1.5 * seconds(SLOW)
    assert found.share == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("here", "community", "told"),
    [
        pytest.param(None, None, {"from": "prior", "posts": 0, "days": 0}, id="the prior"),
        pytest.param(None, QUICK, {"from": "community", "posts": 200, "days": 20}, id="the community"),
        pytest.param(QUICK, None, {"from": "room", "posts": 200, "days": 20}, id="the room"),
        pytest.param(taught(60.0, posts=19), SLOW, {"from": "community", "posts": 200}, id="too little of its own"),
        pytest.param(taught(60.0, posts=20), SLOW, {"from": "room", "posts": 20}, id="just enough of its own"),
    ],
)
def test_what_is_told_of_it(here: AnswerTimes | None, community: AnswerTimes | None, told: dict[str, Any]) -> None:
    rule = rule_of()
    found, state = held(rule, here, community)
    facts = found.facts(rule, state, NOON.timestamp())["hold"]
    assert told.items() <= facts.items()
    assert (facts["how"], facts["risk"], facts["seconds"]) == ("auto", 0.25, round(found.seconds, 1))
    assert facts["share"] == pytest.approx(found.share, abs=0.0005)
    assert held(rule_of(hold=5))[0].facts(rule, state, 0.0) == {"hold": {"how": "fixed", "seconds": 300.0}}


@pytest.mark.parametrize("minutes", [1, 7, 20, 90])
def test_the_share_at_a_floor_is_told_to_a_tenth_of_a_percent(minutes: int) -> None:
    rule = rule_of(hold_floor_minutes=minutes, hold_ceiling_minutes=minutes)
    found, state = held(rule, SLOW)
    assert found.facts(rule, state, NOON.timestamp())["hold"]["share"] == pytest.approx(found.share, abs=0.0005)


def test_what_it_would_be_now() -> None:
    rule = rule_of(hold_floor_minutes=2)
    _, state = held(rule, SLOW)
    now = NOON.timestamp()
    assert learnt_minutes(rule, state, now) == pytest.approx(hold_for(0.25, learnt(state, now)) / 60)
    state.posts.here = QUICK
    assert learnt_minutes(rule.model_copy(update={"displacement_risk": 0.9}), state, now) == 2


@pytest.mark.parametrize(("last", "until"), [(0, 2), (1.5, 3.5), (6, 8), (7, 8), (500, 8)])
def test_a_burst_is_over_two_seconds_after_its_last_but_eight_after_its_first(last: float, until: float) -> None:
    assert settled(at(0), at(last)) == at(until)


def test_the_curve_is_the_rooms_then_the_communitys_then_the_prior() -> None:
    _, state = held(rule_of(), taught(None), QUICK)
    alone = learnt(state, NOON.timestamp())
    state.posts.here = AnswerTimes()
    around = learnt(state, NOON.timestamp())
    assert alone[-1] > around[-1]
    assert replace(held(rule_of())[0], until=NOON).share == pytest.approx(0.25)
