"""The budget's sums agree with a slow and obviously correct version that scans all turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.decide.reasons import Reason
from bot.types import Decision, Room, State, Thread, Turn, Usage, Verdict
from tests.decide.test_budget import ANA, BEN, HOUR, KITCHEN
from tests.decide.test_budget_properties import MEMBERS, SPOKEN
from tests.fakes.talk import FEED

BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN = datetime(2026, 10, 24, 20, tzinfo=UTC)  # close to a day of 25 hours
PLACES = [FEED, KITCHEN, Room("local", "abroad", "feed"), Room("local", "-", "ana"), Room("matrix", "home", "feed")]
SAID = (State.DUE, State.WRITING, State.SENDING, State.SENT)
HOUR_AGO = timedelta(hours=1)


class Slow:
    """The naive budget: every query scans all turns."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.turns: dict[str, Turn] = {}
        self.reserved: dict[str, float] = {}

    def limits_of(self, member: str, room: Room) -> Iterator[tuple[str, int, list[Turn]]]:
        """Each limit with the turns that count for it."""
        turns = self.turns.values()
        if member:
            of_member = [t for t in turns if t.member == member and t.thread.room.platform == room.platform]
            yield "member_limit", self.limits.replies_per_member_hour, of_member
        yield "room_limit", self.limits.replies_per_room_hour, [t for t in turns if t.thread.room == room]
        if room.community != "-":
            near = [t for t in turns if _community(t.thread.room) == _community(room)]
            yield "community_limit", self.limits.replies_per_community_hour, near

    def against(self, member: str, room: Room, now: datetime) -> tuple[str, datetime, bool] | None:
        for reason, limit, turns in self.limits_of(member, room):
            times = sorted(_since(t) for t in turns if _is_reply(t) and _since(t) > now - HOUR_AGO)
            if len(times) >= limit:
                heard = turns if reason == "member_limit" else [t for t in turns if t.thread.room == room]
                lines = [t for t in heard if t.decision.reason == reason and t.state in SAID and not t.sign]
                frees = times[len(times) - limit] if limit else now
                return reason, frees + HOUR_AGO, any(_since(t) > now - HOUR_AGO for t in lines)
        return None

    def used(self, member: str, room: Room, now: datetime, besides: str) -> float:
        shares = [self.usd(now, besides) / self.limits.usd_per_day if self.limits.usd_per_day else 0.0]
        for _, limit, turns in self.limits_of(member, room):
            count = sum(_is_reply(t) and _since(t) > now - HOUR_AGO and t.id != besides for t in turns)
            shares.append(count / limit if limit else 1.0)
        return max(shares)

    def usd(self, now: datetime, besides: str) -> float:
        today = [t for t in self.turns.values() if _since(t).astimezone(BERLIN).date() == now.astimezone(BERLIN).date()]
        spent = sum(t.usage.cost_usd for t in today if t.id != besides and t.id not in self.reserved)
        return spent + sum(usd for key, usd in self.reserved.items() if key != besides)


class Reserve(NamedTuple):
    key: str
    usd: float
    now: datetime


class Release(NamedTuple):
    key: str


class Restart(NamedTuple):
    pass


class Undone(NamedTuple):
    turns: list[Turn]


class Change(NamedTuple):
    limits: Limits


Step = Turn | Reserve | Release | Restart | Undone | Change


def _community(room: Room) -> tuple[str, str]:
    return room.platform, room.community


def _since(turn: Turn) -> datetime:
    return turn.decision.due or turn.at


def _is_reply(turn: Turn) -> bool:
    return turn.state in SAID and not str(turn.decision.reason).endswith(("_limit", "budget", "no_model"))


# Few and close times, around a midnight and a day later, so that windows overlap and their edges are hit.
TIMES = [AUTUMN + timedelta(minutes=minutes) for minutes in (0, 20, 40, 60, 80, 120, 121, 125, 1500, 1560, 1590)]
MOMENTS = st.sampled_from(TIMES)
IDS = st.sampled_from([f"t{n}" for n in range(9)])
FORMS = st.builds(
    lambda id, room, member, heard, wait, state, reason, sign, usd: Turn(
        id, Thread(room, id), id, member, "mochi",
        Decision(Verdict.SPEAK, reason, heard + timedelta(seconds=wait) if wait else None),
        state, heard, sign=sign, usage=Usage(cost_usd=usd),
    ),
    IDS, st.sampled_from(PLACES), MEMBERS, MOMENTS, st.sampled_from([0, 0, 20 * 60, HOUR]),
    st.sampled_from([*SAID, State.STOPPED, State.FAILED]), st.sampled_from([*SPOKEN, Reason.BUDGET]),
    st.sampled_from(["", "x"]), st.sampled_from([0.0, 0.1, 0.25, 1e-7]),
)  # fmt: skip
LIMITS = st.builds(
    Limits,
    replies_per_member_hour=st.integers(0, 2), replies_per_room_hour=st.integers(0, 3),
    replies_per_community_hour=st.integers(0, 4), usd_per_day=st.sampled_from([0.0, 0.5, 100.0]),
)  # fmt: skip
STEPS = st.one_of(
    FORMS,
    st.builds(Change, LIMITS),
    st.builds(Reserve, IDS, st.sampled_from([0.0, 0.1, 0.3]), MOMENTS),
    st.builds(Release, IDS),
    st.builds(Restart),
    st.builds(Undone, st.lists(FORMS, min_size=1, max_size=3)),
)


@settings(max_examples=300)
@given(LIMITS, st.lists(STEPS, min_size=6, max_size=25), IDS)
def test_it_says_what_a_walk_through_all_turns_would_say(limits: Limits, steps: list[Step], besides: str) -> None:
    """In any order: turns that change, times that jump, money reserved, other limits, restarts, folds undone."""
    budget, slow = Budget(limits, BERLIN), Slow(limits)
    for step in steps:
        _take(budget, slow, step)
    for now in TIMES:
        assert budget.usd_today(now, besides=besides) == pytest.approx(slow.usd(now, besides))
        for room in PLACES:
            for member in (ANA, BEN, ""):
                limited, expected = budget.against(member, room, now), slow.against(member, room, now)
                assert (limited and (limited.reason, limited.until, limited.line_given)) == expected
                share = slow.used(member, room, now, besides)
                assert budget.used(member, room, now, besides=besides) == pytest.approx(share)


def _take(budget: Budget, slow: Slow, step: Step) -> None:
    if isinstance(step, Turn):
        budget.fold(step)
        slow.turns[step.id] = step
    elif isinstance(step, Reserve):
        key, usd, now = step
        fits = usd == 0 or slow.usd(now, key) + usd <= slow.limits.usd_per_day + 1e-12
        assert budget.reserve(key, usd, now) == fits
        if fits:
            slow.reserved[key] = usd
    elif isinstance(step, Change):
        slow.limits = step.limits
        budget.change(slow.limits, BERLIN)
    elif isinstance(step, Release):
        budget.release(step.key)
        slow.reserved.pop(step.key, None)
    elif isinstance(step, Undone):
        before = []
        for turn in step.turns:
            before.append((turn.id, budget.counted(turn.id)))
            budget.fold(turn)
        for known in reversed(before):
            budget.count(*known)
    else:
        budget.restart(slow.turns.values())
