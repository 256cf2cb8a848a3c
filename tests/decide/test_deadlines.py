"""Until when a turn may still be said: a table of states, and what becomes of a late one."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import Limits
from bot.decide.deadlines import LATE, LONGEST_DEADLINE, SHORTEST_DEADLINE, deadline, is_late, owes_apology
from bot.decide.reasons import Reason
from bot.types import Decision, State, Thread, Turn, Verdict
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import FEED, at, comment, line, post

CATCH_UP = timedelta(minutes=15)
MINUTE, HOUR = 60.0, 3600.0  # seconds
OPEN = [state for state in State if state.is_open]
SECONDS = st.floats(0, 200_000).map(round)


def turn(
    state: State,
    due: float = 0.0,
    *,
    addressed: bool = False,
    tried: float | None = None,
    error: str = "",
    reason: str = "",
) -> Turn:
    """Heard at noon; `due` and `tried` in seconds after it."""
    decision = Decision(Verdict.SPEAK, reason or (Reason.ADDRESSED if addressed else Reason.UNANSWERED), at(due))
    when = None if tried is None else at(tried)
    return Turn(
        "t", Thread(FEED), "p", "id-ana", "mochi", decision, state, at(0), addressed, tried=when, error=error
    )  # fmt: skip


def seconds(until: datetime | None) -> float | None:
    return None if until is None else (until - at(0)).total_seconds()


@pytest.mark.parametrize(
    ("state", "called", "unprompted"),
    [
        (State.WAITING, 15 * MINUTE, 40 * MINUTE),
        (State.DUE, 15 * MINUTE, 40 * MINUTE),
        (State.WRITING, 15 * MINUTE, 40 * MINUTE),
        (State.SENDING, 15 * MINUTE, 40 * MINUTE),  # if it is not found on the platform
    ],
)
def test_every_open_state_has_its_deadline(state: State, called: float | None, unprompted: float | None) -> None:
    assert seconds(deadline(turn(state, addressed=True), CATCH_UP)) == called
    assert seconds(deadline(turn(state, 20 * MINUTE), CATCH_UP)) == unprompted


def test_what_has_ended_has_none() -> None:
    for state in State:
        if not state.is_open:
            assert deadline(turn(state, 20 * MINUTE), CATCH_UP) is None


@pytest.mark.parametrize(
    ("due", "until"),
    [
        (2.0, 2 + 5 * MINUTE),  # a comment on every post: five minutes are no outage
        (10 * MINUTE, 20 * MINUTE),
        (5 * HOUR, 10 * HOUR),
        (8 * HOUR, 14 * HOUR),  # six hours at most
    ],
)
def test_unprompted_it_is_one_hold_after_it_was_due(due: float, until: float) -> None:
    assert seconds(deadline(turn(State.DUE, due), CATCH_UP)) == until


def test_a_new_attempt_does_not_put_the_deadline_off() -> None:
    first = deadline(turn(State.DUE, 20 * MINUTE), CATCH_UP)
    assert deadline(turn(State.WAITING, 39 * MINUTE, tried=20 * MINUTE), CATCH_UP) == first


@given(st.sampled_from(OPEN), SECONDS, st.none() | SECONDS, st.booleans(), SECONDS)
def test_nothing_is_late_at_once_nor_later_than_it_may_be(
    state: State, due: int, tried: int | None, addressed: bool, catch_up: int
) -> None:
    one = turn(state, due, addressed=addressed, tried=tried)
    begin = at(0) if addressed else at(due if tried is None else tried)
    longest = max(LONGEST_DEADLINE, timedelta(seconds=catch_up))
    assert not is_late(one, begin + SHORTEST_DEADLINE, timedelta(seconds=catch_up))
    assert is_late(one, begin + longest + timedelta(seconds=1), timedelta(seconds=catch_up))


def test_only_a_call_is_apologised_for_and_for_six_hours() -> None:
    for reason in Reason:
        one = turn(State.DUE, addressed=True, reason=reason)
        assert owes_apology(one, at(6 * HOUR)) == (reason is Reason.ADDRESSED)
        assert not owes_apology(one, at(6 * HOUR + 1))


def test_an_apology_is_not_apologised_for_and_has_the_longest_deadline() -> None:
    one = turn(State.DUE, addressed=True, error=LATE)
    assert not owes_apology(one, at(HOUR))
    assert seconds(deadline(one, CATCH_UP)) == 6 * HOUR


# --- the floor ------------------------------------------------------------------------------------


def test_what_has_waited_past_its_deadline_is_not_said_any_more() -> None:
    room = Evening(rule_of(hold=20))
    room.hear(post("p", "Ana", "does it rise?"), post("q", "Eve", "and how long does it rest?", 1))
    room.tick("p", 40 * MINUTE)
    room.tick("q", 40 * MINUTE + 2)
    assert room.story() == {"p": ("due", "unanswered"), "q": ("stopped", "too_late")}
    assert room.turns["q"].decision.verdict is Verdict.SILENT


def _sending(room: Evening, trigger: str, text: str = "ours") -> None:
    """Written, and being sent."""
    room.move(trigger, State.WRITING)
    room.move(trigger, State.SENDING, text=text, tried=room.turns[trigger].decision.due)


def test_what_surely_never_left_is_decided_again_with_its_words() -> None:
    room = Evening(rule_of(hold=1, share_of_voice=1.0))
    room.hear(line("p", "Ana", "does it rise?"))
    room.tick("p")
    _sending(room, "p")
    room.put_back("p", 70)
    assert (room.story()["p"], room.due("p"), room.turns["p"].text) == (("waiting", "platform_away"), 70, "ours")
    room.tick("p")
    assert (room.story()["p"], room.turns["p"].text) == (("due", "unanswered"), "ours")
    assert len(room.turns["p"].decision.facts["asked_again"]) == len(set(room.turns["p"].decision.facts["asked_again"]))


def test_who_answers_while_it_cannot_be_sent_ends_it() -> None:
    room = Evening(rule_of(hold=1, share_of_voice=1.0))
    room.hear(post("p", "Ana", "does it rise?"), post("q", "Eve", "and rye?", 1))
    for trigger in ("p", "q"):
        room.tick(trigger, 62)
        _sending(room, trigger)
    room.hear(comment("c", "p", "Ben", "mine does", 65))  # beyond recall yet
    for trigger in ("p", "q"):
        room.put_back(trigger, 70)
    room.hear(comment("d", "q", "Ben", "rye, too", 68))
    room.tick("p")
    assert room.story()["p"] == ("stopped", "someone_answered")
    assert room.story()["q"] == ("stopped", "someone_answered")


def test_a_call_that_surely_never_left_is_only_tried_again() -> None:
    room = Evening(rule_of("mentions"))
    room.hear(post("p", "Ana", "@mochi hi"))
    _sending(room, "p")
    room.put_back("p", 9)
    room.hear(comment("c", "p", "Ben", "hi, Ana", 5))
    assert (room.story()["p"], room.due("p"), room.turns["p"].text) == (("due", "addressed"), 9, "ours")


@pytest.mark.parametrize("is_sending", [True, False])
@pytest.mark.parametrize("text", ["@mochi does it rise?", "does it rise?"])
def test_words_are_dropped_when_their_trigger_is_edited(text: str, is_sending: bool) -> None:
    room = Evening(rule_of(hold=1, share_of_voice=1.0))
    room.hear(post("p", "Ana", text))
    room.tick("p")
    _sending(room, "p")
    state = room.turns["p"].state
    if is_sending:
        room.edit("p", text + " With rye.", 62)
        assert (room.turns["p"].state, room.turns["p"].text) == (state, "ours"), "it may have left"
    room.put_back("p", 70, answered=text)
    if not is_sending:
        room.edit("p", text + " With rye.", 62)
    assert (room.turns["p"].state.is_open, room.turns["p"].text) == (True, "")


def test_a_limits_emoji_is_not_dropped_with_the_words() -> None:
    """It was decided, not written."""
    room = Evening(rule_of("mentions"), Limits(replies_per_member_hour=1))
    for number in range(3):
        room.hear(post(f"p{number}", "Ana", "@mochi hi", 10.0 * number))
        if number < 2:
            room.say(f"p{number}", 10.0 * number + 3)
    assert (room.turns["p2"].decision.reason, room.turns["p2"].sign) == (Reason.MEMBER_LIMIT, "⏳")
    room.edit("p2", "@mochi bye", 25)
    assert (room.turns["p2"].state, room.turns["p2"].sign) == (State.DUE, "⏳")


def test_what_waits_for_the_end_of_quiet_hours_is_written_anew() -> None:
    room = Evening(rule_of(hold=1, share_of_voice=1.0, quiet_hours="12:02-13:00"))
    room.hear(post("p", "Ana", "does it rise?"))
    room.tick("p")
    _sending(room, "p")
    room.put_back("p", 130)
    room.tick("p")
    assert (room.story()["p"], room.turns["p"].text) == (("waiting", "quiet_hours"), "")
    room.tick("p")
    assert room.story()["p"] == ("due", "unanswered"), "its deadline counts from the end of quiet hours"
