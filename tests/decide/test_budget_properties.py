"""What holds of the budget whatever turns there were: the same knowledge after a restart, and limits to the moment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.decide.reasons import Reason
from bot.types import Decision, State, Turn, Usage, Verdict
from tests.decide.test_budget import ANA, BEN, HOUR, KITCHEN, spent, turn
from tests.fakes.talk import FEED, NOON, at

MEMBERS, ROOMS = st.sampled_from([ANA, BEN]), st.sampled_from([FEED, KITCHEN])
SPOKEN = [Reason.ADDRESSED, Reason.UNANSWERED, Reason.MEMBER_LIMIT, Reason.ROOM_LIMIT, Reason.COMMUNITY_LIMIT]
# The states of a turn: decided, perhaps to speak; then further, or ended. Each follows from the one before.
COURSES = st.sampled_from(
    [
        [State.SILENT],
        [State.WAITING],
        [State.WAITING, State.STOPPED],
        [State.WAITING, State.DUE, State.WRITING, State.SENDING, State.SENT],
        [State.DUE],
        [State.DUE, State.MERGED],
        [State.DUE, State.WRITING],
        [State.DUE, State.WRITING, State.STOPPED],
        [State.DUE, State.WRITING, State.PASSED],
        [State.DUE, State.WRITING, State.FAILED],
        [State.DUE, State.WRITING, State.SENDING],
        [State.DUE, State.WRITING, State.SENDING, State.SENT],
    ]
)


@st.composite
def lives(draw: st.DrawFn) -> list[list[Turn]]:
    """Some turns, each as a list of its forms over time."""
    return [draw(a_life(f"t{n}")) for n in range(draw(st.integers(0, 12)))]


@st.composite
def a_life(draw: st.DrawFn, id: str) -> list[Turn]:
    seconds = draw(st.integers(0, 3 * HOUR))
    spoken, sign, usd = (
        draw(st.sampled_from(SPOKEN)),
        draw(st.sampled_from(["", "x"])),
        draw(st.sampled_from([0, 0.25])),
    )
    begun = turn(id, seconds, draw(MEMBERS), draw(ROOMS))
    return [replace(begun, state=state, **_as(state, spoken, sign, usd)) for state in draw(COURSES)]


def _as(state: State, spoken: Reason, sign: str, usd: float) -> dict[str, Any]:
    """The other fields of a turn in that state."""
    written = state not in (State.SILENT, State.WAITING, State.DUE)
    usage = Usage(cost_usd=usd if written else 0.0)
    match state:
        case State.WAITING:
            return {"decision": Decision(Verdict.WAIT, Reason.HOLDING)}
        case State.SILENT | State.STOPPED | State.PASSED | State.FAILED:
            return {"decision": Decision(Verdict.SILENT, Reason.DELETED), "usage": usage}
        case State.MERGED:
            return {"decision": Decision(Verdict.SPEAK, Reason.MERGED), "usage": usage}
    return {"decision": Decision(Verdict.SPEAK, spoken), "sign": sign, "usage": usage}


@given(lives(), st.integers(0, 4 * HOUR), st.integers(0, 3), st.integers(0, 4))
def test_a_restart_knows_what_was_known(lives: list[list[Turn]], seconds: int, per_member: int, per_room: int) -> None:
    limits = {"replies_per_member_hour": per_member, "replies_per_room_hour": per_room, "replies_per_community_hour": 5}
    lived, restarted = spent(*(form for life in lives for form in life), **limits), spent(**limits)
    restarted.restart([life[-1] for life in lives])
    now = at(seconds)
    assert lived.usd_today(now) == restarted.usd_today(now)
    for room in (FEED, KITCHEN):
        for member in (ANA, BEN, ""):
            assert lived.against(member, room, now) == restarted.against(member, room, now)


@given(st.lists(st.integers(0, 3 * HOUR), min_size=3, max_size=9, unique=True), st.integers(1, 3), st.data())
def test_a_limit_stands_exactly_until_it_says(seconds: list[int], per_member: int, data: st.DataObject) -> None:
    """After replies at any times: a member is limited while enough of them are less than an hour old."""
    replies = [turn(f"t{number}", second, ANA, FEED) for number, second in enumerate(seconds)]
    budget = spent(*replies, replies_per_member_hour=per_member, replies_per_room_hour=3600)
    now = data.draw(st.integers(0, 4 * HOUR) | st.sampled_from(seconds))
    limited = budget.against(ANA, FEED, at(now))
    spoken = [second for second in seconds if second > now - HOUR]
    assert (limited is not None) == (len(spoken) >= per_member)
    if limited:
        assert limited.until > at(now)
        assert budget.against(ANA, FEED, limited.until - timedelta(microseconds=1)) is not None
        assert budget.against(ANA, FEED, limited.until) is None


CALLS = st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


@given(CALLS, st.floats(0, 2))
def test_never_more_is_set_aside_than_the_day_allows(calls: list[tuple[str, float, bool]], usd_per_day: float) -> None:
    budget = spent(usd_per_day=usd_per_day)
    for turn_id, usd, ends in calls:
        budget.reserve(turn_id, usd, NOON)
        assert budget.usd_today(NOON) <= usd_per_day + 1e-9
        if ends:
            budget.release(turn_id)


@given(lives(), st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles"]), st.integers(0, 3 * HOUR))
def test_where_days_begin_elsewhere_what_was_spent_counts_for_the_day_there(
    lives: list[list[Turn]], zone: str, seconds: int
) -> None:
    turns = [life[-1] for life in lives]
    changed, fresh = spent(*turns, usd_per_day=1), Budget(Limits(usd_per_day=1), ZoneInfo(zone))
    changed.change(fresh.limits, fresh.zone)
    fresh.restart(turns)
    for hours in (0, 9, 15):
        now = at(seconds + hours * HOUR)
        assert (changed.usd_today(now), changed.day_ends(now)) == (fresh.usd_today(now), fresh.day_ends(now))
