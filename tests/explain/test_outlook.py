"""What is told under a message about its turn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.decide.floor import SIGN
from bot.decide.reasons import Reason
from bot.explain.outlook import Told, outlook
from bot.types import Decision, Room, State, Thread, Turn, Verdict
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import shipped_words

NOW = VirtualClock().now()
DUE = NOW + timedelta(minutes=1)


def turn(
    state: State, reason: str, *, error: str = "", sign: str = "", by: str = "", reply: str | None = None, **facts: Any
) -> Turn:
    decision = Decision(Verdict.WAIT, reason, DUE, {"ended_by": by} if by else facts)
    place = Thread(Room("local", "home", "kitchen"), "m1")
    return Turn("t", place, "m1", "ana", "mochi", decision, state, NOW, error=error, sign=sign, reply_id=reply)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (turn(State.WAITING, Reason.HOLDING), Told("holding", DUE)),
        (turn(State.WAITING, Reason.QUIET_HOURS), Told("quiet", DUE)),
        (turn(State.WAITING, Reason.TWO_IN_A_ROW), Told("others", DUE)),
        (turn(State.WAITING, Reason.SETTLING), None),
        (turn(State.DUE, Reason.UNANSWERED), None),
        (turn(State.WRITING, Reason.UNANSWERED), None),
        (turn(State.SENT, Reason.UNANSWERED, reply="r1"), None),
        (turn(State.STOPPED, Reason.SOMEONE_ANSWERED, by="m2"), Told("answered", by="m2")),
        (turn(State.STOPPED, Reason.SOMEONE_ANSWERED), Told("answered")),
        (turn(State.STOPPED, Reason.TOO_LATE), Told("because", why="too_late")),
        (turn(State.PASSED, Reason.PASSED), Told("because", why="passed")),
        (turn(State.FAILED, "empty", error="empty"), Told("because", why="empty")),
        (turn(State.SENT, Reason.ADDRESSED, error="models_failed", sign=SIGN), Told("because", why="models_failed")),
        (turn(State.SENT, Reason.MEMBER_LIMIT, sign=SIGN), Told("because", why="member_limit")),
        (turn(State.SENT, Reason.ADDRESSED, error="models_failed", reply="r1"), None),
        (turn(State.SENT, Reason.EMOJI, sign="👋"), None),
        (turn(State.SILENT, Reason.NOT_INVITING), None),
        (turn(State.SILENT, Reason.WATCHING, would={"at": DUE.isoformat()}), Told("would", after=60.0)),
        (turn(State.SILENT, Reason.WATCHING, would={"at": NOW.isoformat()}), Told("would_at_once")),
        (turn(State.SILENT, Reason.WATCHING), None),  # its facts are gone with its message
        (turn(State.MERGED, Reason.MERGED), None),
        (turn(State.STOPPED, Reason.DELETED), None),
        (turn(State.STOPPED, Reason.TOLD_QUIET), None),
        (turn(State.STOPPED, Reason.MEANT_FOR_OTHERS), None),
    ],
    ids=lambda each: f"{each.state}-{each.decision.reason}" if isinstance(each, Turn) else "",
)
def test_what_is_told(now: Turn, told: Told | None) -> None:
    assert outlook(now) == told


@pytest.mark.parametrize("reason", [Reason.HOLDING, Reason.QUIET_HOURS, Reason.TWO_IN_A_ROW])
def test_nothing_is_announced_where_nothing_will_be_said(reason: Reason) -> None:
    assert outlook(turn(State.WAITING, reason), watches=True) is None
    by_a_person = turn(State.STOPPED, Reason.SOMEONE_ANSWERED, by="m2")
    assert outlook(by_a_person, watches=True) == outlook(by_a_person)


def test_each_end_has_its_words() -> None:
    """Whatever ends a turn, what is told about it can be said."""
    words = shipped_words()
    for reason in Reason:
        for state in State:
            for error in ("", "models_failed", "internal", "late", "held_back", "dishonest", "stiff", "cut"):
                told = outlook(replace(turn(state, reason, error=error), sign=SIGN))
                if told and told.why:
                    assert words.say(f"reason.{told.why}.member", "zh")
