"""Until when a turn may still be said, and what becomes of it then.

    state            called us                              unprompted
    waiting          -                                      one hold after it was due
    due, writing     `catch_up_minutes` after it was heard  one hold after it was due
    sending          none: what may have left is looked for, whatever its age

A call whose deadline is over gets an apology for some hours, anything else ends without a word. What surely never left
is due or waiting again, so it has their deadlines.
"""

from datetime import datetime, timedelta

from bot.decide.reasons import Reason
from bot.types import State, Turn

LEAST = timedelta(minutes=5)  # of any deadline: a queue of turns at a slow model is no outage
LONGEST = timedelta(hours=6)  # later than that, nobody waits for a word of ours, nor for an apology
LATE = "late"
"""The trouble that is apologised for: an `error` of a turn."""

APOLOGISED = frozenset({Reason.ADDRESSED})
"""Of calls, not of a talk that went on, nor where only a line about a limit is late."""

TIMED = frozenset({State.WAITING, State.DUE, State.WRITING})


def deadline(turn: Turn, catch_up: timedelta) -> datetime | None:
    """None where there is none. An apology has the longest one."""
    if turn.state not in TIMED:
        return None
    if turn.addressed:
        return turn.at + (LONGEST if turn.error == LATE else max(catch_up, LEAST))
    due = turn.tried or turn.decision.due or turn.at  # a new attempt puts off when it is due, and not its deadline
    hold = due - turn.at  # with the quiet hours in which it waited, if any
    return due + min(max(hold, LEAST), LONGEST)


def is_late(turn: Turn, now: datetime, catch_up: timedelta) -> bool:
    """Is its deadline over?"""
    until = deadline(turn, catch_up)
    return until is not None and now > until


def owes_apology(turn: Turn, now: datetime) -> bool:
    """May whoever called still be told that a late turn is not answered?"""
    return turn.decision.reason in APOLOGISED and turn.error != LATE and now <= turn.at + LONGEST
