"""The states of a turn and their allowed transitions.

    waiting   due later: a hold, quiet hours, or until somebody else writes
    due       to be written now
    writing   a model is being asked
    sending   the text is stored and may already be on the platform; if it certainly is not, due or waiting again
    sent, silent, passed, stopped, merged, failed: final

A turn begins as `waiting`, `due` or `silent`. The table is complete: the floor checks every change against it, live and
in a replay.
"""

from collections.abc import Mapping

from bot.types import State, Verdict

FIRST_STATE: Mapping[Verdict, State] = {
    Verdict.SPEAK: State.DUE,
    Verdict.WAIT: State.WAITING,
    Verdict.SILENT: State.SILENT,
}
"""The state in which a turn begins, by the decision's verdict."""

EARLY_ENDS = frozenset({State.STOPPED, State.MERGED, State.FAILED})
"""Final states before sending: no longer wanted, merged into a later turn, or a bug in Cameo."""

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.WAITING: EARLY_ENDS | {State.WAITING, State.DUE},
    # signs and existing drafts are sent without a model, or wait for the end of quiet hours; silent: see watching.py
    State.DUE: EARLY_ENDS | {State.DUE, State.WRITING, State.WAITING, State.SENDING, State.SILENT},
    State.WRITING: EARLY_ENDS | {State.WRITING, State.DUE, State.WAITING, State.SENDING, State.PASSED, State.SILENT},
    State.SENDING: frozenset({State.SENDING, State.SENT, State.FAILED, State.DUE, State.WAITING}),
    **{state: frozenset() for state in State if not state.is_open},
}
"""A state follows itself when: decided again and still waiting; edited before writing; a cost stored, or resumed; its
text refused by the community's own filter, and a line sent instead."""


def check_transition(before: State, after: State) -> None:
    """Raises ValueError for a change that the table does not allow."""
    if after not in TRANSITIONS[before]:
        raise ValueError(f"a turn can't go from {before} to {after}")
