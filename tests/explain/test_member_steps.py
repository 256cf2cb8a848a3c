"""What members read about a decision: whatever it was, no setting, code or id."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.reasons import Reason
from bot.explain.member_steps import member_steps
from bot.types import Decision, Room, State, Thread, Turn, Usage, Verdict
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import shipped_words

NOW = VirtualClock().now()
WORDS = shipped_words()
GATES = [key.split(".")[1] for key in WORDS.texts if key.startswith("gate.")]
CODES = re.compile(r"`|·|\b[a-z]+_[a-z_]+\b|[0-9a-f]{8,}|UTC|\d{4}-\d\d-\d\d|token|\$")
HOLDS = st.fixed_dictionaries(
    {
        "seconds": st.floats(0, 1e5),
        "how": st.sampled_from(["auto", "fixed"]),
        "risk": st.just(0.25),
        "posts": st.integers(1, 999),
        "days": st.floats(0, 90),
    },
    optional={
        "share": st.floats(0, 1),
        "from": st.sampled_from(["room", "community", "prior"]),
        "at": st.sampled_from(["floor", "ceiling"]),
    },
)
NUMBERS = st.integers(-999_999, 999_999)  # one with more digits looks like an id
WHATEVER = st.none() | NUMBERS | st.text(max_size=9) | st.lists(NUMBERS, max_size=3)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "signals": st.lists(st.sampled_from(["question", "newcomer"])),
        "asked": st.lists(st.sampled_from(GATES)),
        "asked_again": st.lists(st.sampled_from(GATES)),
        "hold": HOLDS | WHATEVER,
        "voice": st.just([11, 50]) | WHATEVER,
        "share_of_voice": st.just(0.2),
        "limit": st.just({"used": 0.9, "economy": "kimi_cheap"}) | WHATEVER,
        "quiet_until": st.just(NOW.isoformat()) | WHATEVER,
        "named": st.just(["people", "~pk_*"]),
        "judge": st.just({"model": "a_judge", "answer": "no_thanks"}),
        "ended_by": st.just("m0000deadbeef12"),
        "some_new_fact": WHATEVER,
    },
)


def turn(state: State, reason: str, facts: Mapping[str, object]) -> Turn:
    decision = Decision(Verdict.WAIT, reason, NOW + timedelta(minutes=1), facts)
    place, usage = Thread(Room("local", "home", "kitchen"), "m1"), Usage(3161, 0, 34, 0.01)
    reply = "r75b9abcdef012345" if state is State.SENT else None
    return Turn(
        "t", place, "m0000abcdef99", "ana", "mochi", decision, state, NOW, model="kimi", usage=usage, reply_id=reply
    )


@given(st.sampled_from(list(State)), st.sampled_from(list(Reason)), FACTS, st.sampled_from(["en", "zh"]))
def test_no_setting_code_or_id_is_told(state: State, reason: Reason, facts: dict[str, object], language: str) -> None:
    decided = turn(state, reason, json.loads(json.dumps(facts)))
    for step in member_steps(decided, decided.trigger, WORDS, language):
        assert step.label and step.text and not CODES.search(step.text)
        assert ("{at}" in step.text) == (step.at is not None)


@given(HOLDS, st.sampled_from(["en", "zh"]))
def test_a_hold_is_told_without_its_settings(hold: dict[str, object], language: str) -> None:
    decided = turn(State.STOPPED, Reason.MOVED_ON, {"hold": hold})
    told = [step.text for step in member_steps(decided, decided.trigger, WORDS, language)]
    assert len(told) == 3 and not any(CODES.search(text) for text in told)


def test_moments_and_messages_are_the_pages_to_show() -> None:
    facts = {"ended_by": "m2", "quiet_until": NOW.isoformat()}
    steps = member_steps(turn(State.STOPPED, Reason.SOMEONE_ANSWERED, facts), "m0000abcdef99", WORDS)
    assert [step.message for step in steps if step.message] == ["m2"]
    assert [step.at for step in steps if step.at] == [datetime.fromisoformat(NOW.isoformat())]
    sent = turn(State.SENT, Reason.ADDRESSED, {})
    assert [step.message for step in member_steps(sent, sent.trigger, WORDS) if step.message] == [sent.reply_id]
    about_reply = [step.message for step in member_steps(sent, "r75b9abcdef012345", WORDS) if step.message]
    assert about_reply == [sent.trigger]


@pytest.mark.parametrize("state", State)
def test_each_state_has_its_words(state: State) -> None:
    assert WORDS.say(f"why.state.{state}", "zh") != WORDS.say(f"why.state.{state}", "en")
