"""What was spent: each limit by its window, and money reserved before it is used."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.settings import Limits
from bot.decide.budget import APOLOGY, TURNS_KEPT, Budget
from bot.decide.reasons import Reason
from bot.types import Decision, Room, State, Thread, Turn, Usage, Verdict
from tests.fakes.talk import FEED, NOON, at

KITCHEN = Room("local", "home", "kitchen", "kitchen", "home")
MINUTE, HOUR = 60, 3600
ANA, BEN = "id-ana", "id-ben"


def turn(id: str, seconds: float, member: str = ANA, room: Room = FEED, state: State = State.SENT, **more: Any) -> Turn:
    """A reply `seconds` after noon, with other values for what `more` names."""
    decision = Decision(more.pop("verdict", Verdict.SPEAK), more.pop("reason", Reason.ADDRESSED))
    usage = Usage(cost_usd=more.pop("usd", 0.0))
    return Turn(id, Thread(room, id), id, member, "mochi", decision, state, at(seconds), usage=usage, **more)


def spent(*turns: Turn, **limits: Any) -> Budget:
    budget = Budget(Limits(**limits))
    for each in turns:
        budget.fold(each)
    return budget


def against(budget: Budget, seconds: float, member: str = ANA, room: Room = FEED) -> str | None:
    limited = budget.against(member, room, at(seconds))
    return str(limited.reason) if limited else None


# --- replies -------------------------------------------------------------------------------------


def test_a_member_gets_so_many_replies_in_any_hour_wherever_they_are() -> None:
    budget = spent(turn("a", 0), turn("b", 10 * MINUTE, room=KITCHEN), replies_per_member_hour=2)
    assert against(budget, 11 * MINUTE) == "member_limit"
    assert against(budget, 11 * MINUTE, room=KITCHEN) == "member_limit"
    assert against(budget, 11 * MINUTE, member=BEN) is None


def test_a_room_gets_so_many_replies_in_any_hour_whoever_asks() -> None:
    budget = spent(turn("a", 0), turn("b", 10 * MINUTE, member=BEN), replies_per_room_hour=2)
    assert against(budget, 11 * MINUTE) == against(budget, 11 * MINUTE, member="id-eve") == "room_limit"
    assert against(budget, 11 * MINUTE, room=KITCHEN) is None


def test_a_community_gets_so_many_replies_in_any_hour_in_all_its_rooms() -> None:
    elsewhere, dm, other_dm = (Room("local", community, "r") for community in ("abroad", "-", "-"))
    budget = spent(turn("a", 0), turn("b", 1, member=BEN, room=KITCHEN), replies_per_community_hour=2)
    assert against(budget, 2, member="id-eve") == against(budget, 2, member="", room=KITCHEN) == "community_limit"
    assert against(budget, 2, room=elsewhere) is None
    budget.fold(turn("c", 2, member="id-eve", room=dm))
    budget.fold(turn("d", 2, member="id-eve", room=dm))
    assert against(budget, 3, room=other_dm) is None, "direct messages are no community"


def test_who_is_nobody_in_particular_is_under_no_members_limit() -> None:
    assert against(spent(replies_per_member_hour=0), 0, member="") is None


def test_the_same_name_on_another_platform_is_another_member() -> None:
    budget = spent(turn("a", 0), replies_per_member_hour=1)
    assert against(budget, 1, room=Room("matrix", "home", "feed")) is None


def test_a_reply_counts_from_when_it_was_decided_and_not_from_what_it_answers() -> None:
    late = replace(turn("a", 0), decision=Decision(Verdict.SPEAK, Reason.UNANSWERED, at(3 * HOUR)))
    budget = spent(late, replies_per_room_hour=1)
    assert against(budget, 4 * HOUR - 1) == "room_limit"
    assert against(budget, 4 * HOUR) is None


def test_the_window_moves_and_says_when_there_is_room_again() -> None:
    budget = spent(turn("a", 0), turn("b", 10 * MINUTE), turn("c", 20 * MINUTE), replies_per_member_hour=2)
    limited = budget.against(ANA, FEED, at(30 * MINUTE))
    assert limited is not None and limited.until == at(HOUR + 10 * MINUTE)  # when b leaves the hour, one reply is left
    assert against(budget, HOUR + 10 * MINUTE - 1) == "member_limit"
    assert against(budget, HOUR + 10 * MINUTE) is None


def test_a_limit_of_none_at_all_is_one() -> None:
    limited = spent(replies_per_member_hour=0).against(ANA, FEED, NOON)
    assert limited is not None and limited.until == NOON + timedelta(hours=1)


@pytest.mark.parametrize("state", list(State))
def test_what_was_not_said_is_not_counted(state: State) -> None:
    counted = state in (State.DUE, State.WRITING, State.SENDING, State.SENT)
    budget = spent(turn("a", 0, state=state), replies_per_member_hour=1)
    assert against(budget, MINUTE) == ("member_limit" if counted else None)


@pytest.mark.parametrize("reason", [Reason.MEMBER_LIMIT, Reason.ROOM_LIMIT, Reason.BUDGET, Reason.NO_MODEL])
def test_a_sign_is_no_reply(reason: Reason) -> None:
    assert against(spent(turn("a", 0, reason=reason), replies_per_member_hour=1), MINUTE) is None


def test_a_turn_counts_once_in_its_newest_form() -> None:
    writing = turn("a", 0, state=State.WRITING)
    budget = spent(writing, replace(writing, state=State.SENDING), replies_per_member_hour=2)
    assert against(budget, MINUTE) is None
    budget.fold(turn("b", 1))
    assert against(budget, MINUTE) == "member_limit"
    budget.fold(replace(writing, state=State.STOPPED, decision=Decision(Verdict.SILENT, Reason.DELETED)))
    assert against(budget, MINUTE) is None


# --- one line, then only an emoji ----------------------------------------------------------------


def line_given(budget: Budget, seconds: float, member: str = ANA, room: Room = FEED) -> bool:
    limited = budget.against(member, room, at(seconds))
    assert limited is not None
    return limited.line_given


def test_the_line_about_a_members_limit_is_given_once_in_an_hour() -> None:
    always_over = spent(replies_per_member_hour=0)
    assert not line_given(always_over, 0)
    always_over.fold(turn("line", 0, reason=Reason.MEMBER_LIMIT))
    assert line_given(always_over, HOUR - 1)
    assert not line_given(always_over, HOUR - 1, member=BEN)
    always_over.fold(turn("emoji", HOUR - 1, reason=Reason.MEMBER_LIMIT, sign="x"))
    assert not line_given(always_over, HOUR), "an emoji is no line: somebody who calls all day hears why every hour"


def test_the_line_about_a_rooms_limit_is_given_once_in_an_hour_whoever_asks() -> None:
    always_over = spent(replies_per_room_hour=0)
    always_over.fold(turn("line", 0, reason=Reason.ROOM_LIMIT))
    assert line_given(always_over, HOUR - 1, member=BEN)
    always_over.fold(turn("emoji", HOUR - 1, reason=Reason.ROOM_LIMIT, sign="x"))
    assert not line_given(always_over, HOUR)


def test_over_the_communitys_limit_each_room_hears_the_line_once_in_an_hour() -> None:
    always_over = spent(replies_per_community_hour=0)
    always_over.fold(turn("line", 0, reason=Reason.COMMUNITY_LIMIT))
    assert line_given(always_over, HOUR - 1, member=BEN)
    assert not line_given(always_over, HOUR - 1, room=KITCHEN), "who is there has not read it"
    assert not line_given(always_over, HOUR)


def test_a_room_hears_one_apology_in_a_while() -> None:
    budget, minutes = spent(), APOLOGY.total_seconds()
    assert budget.apologise(FEED, "no_model", at(0))
    assert not budget.apologise(FEED, "models_failed", at(minutes - 1))
    assert budget.apologise(KITCHEN, "no_model", at(1))
    assert budget.apologise(FEED, "no_model", at(minutes))


def test_that_the_money_is_gone_is_said_once_a_day_whatever_else_is_said() -> None:
    budget, midnight = spent(), 12 * HOUR
    assert budget.apologise(FEED, "budget", at(0))
    assert not budget.apologise(FEED, "budget", at(midnight - 1))
    assert budget.apologise(FEED, "no_model", at(1)) and budget.apologise(KITCHEN, "budget", at(1))
    assert budget.apologise(FEED, "budget", at(midnight))


@pytest.mark.parametrize("trouble", ["models_failed", "budget"])
def test_an_apology_is_remembered_from_the_turns_but_not_an_emoji(trouble: str) -> None:
    spoken = turn("a", 0, error=trouble, text="sorry")
    shown = turn("b", 0, error=trouble, sign="x", room=KITCHEN)
    budget = spent()
    budget.restart([spoken, shown])
    assert not budget.apologise(FEED, trouble, at(MINUTE))
    assert budget.apologise(KITCHEN, trouble, at(MINUTE))


@pytest.mark.parametrize("state", [State.STOPPED, State.SILENT])
def test_what_a_limit_has_stopped_has_given_nobody_its_line(state: State) -> None:
    """The next person who calls gets the honest line, not only the emoji that follows it."""
    stopped = replace(turn("b", 1), state=state, decision=Decision(Verdict.SILENT, Reason.ROOM_LIMIT))
    budget = spent(turn("a", 0), stopped, replies_per_room_hour=1)
    limited = budget.against("u9", FEED, at(2))
    assert limited is not None
    assert not limited.line_given


# --- how much is used up -------------------------------------------------------------------------


def test_the_fullest_of_the_limits_that_concern_a_turn_counts() -> None:
    budget = spent(
        *(turn(f"t{n}", n, usd=0.1) for n in range(3)),
        replies_per_member_hour=4, replies_per_room_hour=6, replies_per_community_hour=10, usd_per_day=3.0,
    )  # fmt: skip
    assert budget.used(ANA, FEED, at(9)) == 0.75
    assert budget.used(BEN, FEED, at(9)) == budget.used("", FEED, at(9)) == 0.5
    assert budget.used(BEN, KITCHEN, at(9)) == 0.3
    assert budget.used(BEN, Room("local", "-", "ben"), at(9)) == pytest.approx(0.1), "only the money is one for all"
    assert budget.used(ANA, FEED, at(9), besides="t0") == 0.5


def test_a_limit_of_none_is_used_up_but_no_money_at_all_means_free_models() -> None:
    assert spent(replies_per_room_hour=0).used("", FEED, NOON) == 1.0
    assert spent(turn("a", 0, usd=1.0), usd_per_day=0).used("", KITCHEN, at(1)) < 1.0


def test_what_is_set_aside_is_used() -> None:
    budget = spent(usd_per_day=1.0)
    budget.reserve("a", 0.9, NOON)
    assert budget.used("", FEED, NOON) == 0.9
    assert budget.used("", FEED, NOON, besides="a") == 0


def test_every_limit_says_when_it_has_room_again() -> None:
    budget = spent(turn("a", 0, usd=0.5), turn("b", 60), usd_per_day=1.0)
    uses = {str(use.reason): use.until for use in budget.uses(ANA, FEED, at(120))}
    an_hour_on = at(HOUR)
    assert uses == {
        "member_limit": an_hour_on, "room_limit": an_hour_on, "community_limit": an_hour_on, "budget": at(12 * HOUR),
    }  # fmt: skip


# --- money ---------------------------------------------------------------------------------------


def test_money_is_set_aside_before_it_is_spent() -> None:
    budget = spent(turn("a", 0, usd=0.5), usd_per_day=1.0)
    assert budget.reserve("b", 0.4, at(1))
    assert budget.usd_today(at(1)) == pytest.approx(0.9)
    assert not budget.reserve("c", 0.2, at(1))
    assert budget.reserve("c", 0.1, at(1)), "what just fits is fine"
    budget.release("b")
    assert budget.usd_today(at(1)) == pytest.approx(0.6)


def test_a_second_call_of_the_same_turn_takes_the_place_of_the_first() -> None:
    budget = spent(usd_per_day=1.0)
    assert budget.reserve("a", 0.8, NOON) and budget.reserve("a", 1.0, NOON)
    assert not budget.reserve("a", 1.1, NOON)
    assert budget.usd_today(NOON) == 1.0, "a refusal changes nothing"


def test_while_a_turn_has_money_set_aside_its_own_figure_is_not_counted_too() -> None:
    budget = spent(usd_per_day=1.0)
    assert budget.reserve("a", 0.6, NOON)
    budget.fold(turn("a", 0, state=State.WRITING, usd=0.6))  # stored before the call
    assert budget.usd_today(NOON) == 0.6
    budget.reserve("a", 0.1, NOON)  # the call has ended
    budget.fold(turn("a", 0, usd=0.1))
    budget.release("a")
    assert budget.usd_today(NOON) == 0.1


def test_what_costs_nothing_may_always_be_asked() -> None:
    budget = spent(turn("a", 0, usd=5), usd_per_day=0.0)
    assert budget.reserve("b", 0.0, NOON)
    assert not budget.reserve("c", 0.000001, NOON)


@pytest.mark.parametrize("state", [State.STOPPED, State.FAILED, State.PASSED, State.MERGED])
def test_money_is_gone_whatever_became_of_the_turn(state: State) -> None:
    assert spent(turn("a", 0, state=state, verdict=Verdict.SILENT, usd=0.5)).usd_today(NOON) == 0.5


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Asia/Shanghai", (2026, 1, 5), datetime(2026, 1, 4, 16, tzinfo=UTC), 24),
        ("America/New_York", (2026, 1, 5), datetime(2026, 1, 5, 5, tzinfo=UTC), 24),
        ("Europe/Berlin", (2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Berlin", (2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("America/Havana", (2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC), 23),  # midnight itself is skipped
    ],
)
def test_the_day_begins_at_midnight_in_the_communitys_time_zone(
    zone: str, day: tuple[int, int, int], begins: datetime, hours: int
) -> None:
    ends, moment = begins + timedelta(hours=hours), timedelta(seconds=1)
    budget = Budget(Limits(), ZoneInfo(zone))
    budget.fold(replace(turn("first", 0, usd=1.0), at=begins))
    budget.fold(replace(turn("last", 0, usd=0.25), at=ends - moment))
    assert [budget.usd_today(now) for now in (begins - moment, begins, ends - moment, ends)] == [0, 1.25, 1.25, 0]
    assert budget.day_of(begins) == date(*day)
    assert budget.day_ends(begins) == budget.day_ends(ends - moment) == ends


def test_the_day_is_the_utc_day_unless_told() -> None:
    budget = spent(turn("a", 0, usd=1.0))
    assert budget.usd_today(datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC)) == 1.0
    assert budget.usd_today(datetime(2026, 1, 6, tzinfo=UTC)) == 0.0


def test_old_turns_go_and_those_of_a_day_stay() -> None:
    budget = spent(*(turn(f"old{n}", n / 100, usd=0.1) for n in range(TURNS_KEPT)), usd_per_day=1)
    for n in range(TURNS_KEPT):
        budget.fold(turn(f"new{n}", 27 * HOUR + n, usd=0.001))
    assert len(budget._spent) == TURNS_KEPT
    assert len(budget._days) == 1 and len(budget._replies._times) == 3
    assert budget.usd_today(at(29 * HOUR)) == pytest.approx(TURNS_KEPT * 0.001)
