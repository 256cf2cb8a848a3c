"""What is told under a message on the page: what we intend to do about it, or why nothing came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from bot.decide.floor import SIGN
from bot.decide.reasons import FOR_PEOPLE, Reason
from bot.explain.chain import code
from bot.types import State, Turn

WAITS: Mapping[str, str] = {
    Reason.HOLDING: "holding",
    Reason.QUIET_HOURS: "quiet",
    Reason.TWO_IN_A_ROW: "others",
}
"""How a wait is told, by its reason. Others last seconds, and are not told."""

# Untold: the message was taken back, or somebody asked for silence or is best left alone.
UNTOLD = FOR_PEOPLE | {Reason.DELETED, Reason.EDITED, Reason.MERGED, Reason.TOLD_QUIET, Reason.RAID, Reason.ROOM_OFF}
A_WHILE = 20.0  # seconds; a call is answered within a burst of its author's messages
ENDED = (State.STOPPED, State.PASSED, State.FAILED)  # a turn that had begun; most messages are left alone at once


class Told(NamedTuple):
    """`what` names the words: "holding", "quiet" and "others" last until `until`; "answered" was ended by the message
    `by`; "because" gives the reason whose code is `why`; "would" and "would_at_once" tell that we only watch, and would
    have spoken after so many seconds, "would_emoji" that we would have reacted."""

    what: str
    until: datetime | None = None
    by: str | None = None
    why: str = ""
    after: float = 0.0


def outlook(turn: Turn, *, watches: bool = False) -> Told | None:
    """What is told about a turn; None if nothing is, as while it is written, once its reply stands there, and while it
    waits where we only watch (`watches`)."""
    reason = turn.decision.reason
    if reason == Reason.WATCHING:
        return _would(turn)
    if turn.state is State.WAITING:
        what = None if watches else WAITS.get(reason)
        return Told(what, turn.decision.due) if what else None
    if turn.state is State.SENT:
        return Told("because", why=code(turn)) if turn.sign == SIGN else None
    if turn.state not in ENDED or reason in UNTOLD:
        return None
    if reason == Reason.SOMEONE_ANSWERED and not turn.error:
        return Told("answered", by=turn.decision.facts.get("ended_by"))
    return Told("because", why=code(turn)) if not turn.reply_id else None


def _would(turn: Turn) -> Told | None:
    would = turn.decision.facts.get("would", {})
    if "at" not in would:  # forgotten with its message
        return None
    if would.get("reason") == Reason.EMOJI:
        return Told("would_emoji")
    seconds = max(0.0, (datetime.fromisoformat(would["at"]) - turn.at).total_seconds())
    return Told("would" if seconds >= A_WHILE else "would_at_once", after=seconds)
