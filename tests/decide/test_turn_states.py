"""The table of turn states: each can be reached, each open one can end, and the floor allows nothing else."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bot.decide.turn_states import FIRST_STATE, TRANSITIONS, check_transition
from bot.types import State
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import post

PAIRS = [(before, after) for before in State for after in State]


def reached(first: Iterable[State]) -> set[State]:
    """All states that a turn can reach from these, including these."""
    found, ahead = set(first), list(first)
    while ahead:
        for state in TRANSITIONS[ahead.pop()] - found:
            found.add(state)
            ahead.append(state)
    return found


def test_each_state_has_a_row_and_can_be_reached() -> None:
    assert TRANSITIONS.keys() == set(State) == reached(FIRST_STATE.values())


@pytest.mark.parametrize("state", State)
def test_an_open_turn_can_end_and_a_final_one_stays(state: State) -> None:
    if state.is_open:
        assert {one for one in reached([state]) if not one.is_open} >= {State.SENT, State.FAILED}
    else:
        assert TRANSITIONS[state] == frozenset()


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_what_is_not_in_the_table_is_refused(before: State, after: State) -> None:
    if after in TRANSITIONS[before]:
        check_transition(before, after)
    else:
        with pytest.raises(ValueError, match=f"from {before} to {after}"):
            check_transition(before, after)


@pytest.mark.parametrize("after", [state for state in State if state not in TRANSITIONS[State.DUE]])
def test_a_floor_refuses_a_step_that_the_table_lacks_and_keeps_the_turn(after: State) -> None:
    evening = Evening(rule_of())
    evening.hear(post("p", "Ana", "@mochi does it rise?"))
    opened = evening.floor.wanted(evening.turns["p"].id)
    assert opened is not None and opened.turn.state is State.DUE
    with pytest.raises(ValueError, match="from due to"):
        evening.floor.move(replace(opened.turn, state=after))
    assert evening.floor.wanted(opened.turn.id) is opened and opened.turn.state is State.DUE
