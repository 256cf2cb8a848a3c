"""The states of a turn, and which may follow which.

    waiting   due later: a hold, quiet hours, somebody else's word
    due       to be written now
    writing   a model is being asked
    sending   the text is stored and may already be on the platform; what surely never left is due or waiting again
    sent, silent, passed, stopped, merged, failed: final

A turn begins as `waiting`, `due` or `silent`. The table is the whole truth: the floor checks each change against it,
whoever asks for it (live or a replay).
"""

from collections.abc import Mapping

from bot.types import State, Verdict

FIRST_STATE: Mapping[Verdict, State] = {
    Verdict.SPEAK: State.DUE,
    Verdict.WAIT: State.WAITING,
    Verdict.SILENT: State.SILENT,
}
"""How a turn begins, by what was decided."""

ENDED = frozenset({State.STOPPED, State.MERGED, State.FAILED})
"""Ends that a turn can meet before it is being sent: no longer wanted, part of a later one, or a fault of ours."""

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.WAITING: ENDED | {State.WAITING, State.DUE},
    # a short sign, and what was written before, are sent without a model, or wait for the end of quiet hours
    State.DUE: ENDED | {State.DUE, State.WRITING, State.WAITING, State.SENDING},
    State.WRITING: ENDED | {State.WRITING, State.DUE, State.WAITING, State.SENDING, State.PASSED},
    State.SENDING: frozenset({State.SENT, State.FAILED, State.DUE, State.WAITING}),
    **{state: frozenset() for state in State if not state.is_open},
}
"""Same state again: decided again and still waiting; edited before it was written; a cost stored, or taken up again."""


def check_transition(before: State, after: State) -> None:
    """Raises ValueError for a change that the table does not allow."""
    if after not in TRANSITIONS[before]:
        raise ValueError(f"a turn can't go from {before} to {after}")
