"""Deadlines of turns, and what happens after them.

    state            called us                              unprompted
    waiting          -                                      one hold after it was due
    due, writing     `catch_up_minutes` after it was heard  one hold after it was due
    sending          as due; the platform may have the reply, so it is looked for at any age, and ends only if not found

A call whose deadline has passed gets an apology for up to `LONGEST_DEADLINE`; any other turn ends silently. A reply
that certainly was not sent is due or waiting again, with the deadlines of these states.
"""

from datetime import datetime, timedelta

from bot.decide.reasons import Reason
from bot.types import State, Turn

SHORTEST_DEADLINE = timedelta(minutes=5)  # shortest deadline: a queue of turns at a slow model is no outage
LONGEST_DEADLINE = timedelta(hours=6)  # after that, nobody waits for a reply or an apology
LATE = "late"
"""A turn's `error` when it apologises for being late."""

APOLOGISED = frozenset({Reason.ADDRESSED})
"""Calls get an apology; continued conversations and lines about a limit do not."""

TIMED = frozenset({State.WAITING, State.DUE, State.WRITING, State.SENDING})


def deadline(turn: Turn, catch_up: timedelta) -> datetime | None:
    """The turn's deadline, or None if it has none. An apology has the longest one."""
    if turn.state not in TIMED:
        return None
    if turn.addressed:
        return turn.at + (LONGEST_DEADLINE if turn.error == LATE else max(catch_up, SHORTEST_DEADLINE))
    due = turn.tried or turn.decision.due or turn.at  # a retry changes when the turn is due, not its deadline
    hold = due - turn.at  # includes any quiet hours that the turn waited out
    return due + min(max(hold, SHORTEST_DEADLINE), LONGEST_DEADLINE)


def is_late(turn: Turn, now: datetime, catch_up: timedelta) -> bool:
    """True if the turn's deadline has passed."""
    until = deadline(turn, catch_up)
    return until is not None and now > until


def owes_apology(turn: Turn, now: datetime) -> bool:
    """True if a late turn should still apologise to the member who called."""
    return turn.decision.reason in APOLOGISED and turn.error != LATE and now <= turn.at + LONGEST_DEADLINE
