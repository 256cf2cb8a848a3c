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
ENDED = (State.STOPPED, State.PASSED, State.FAILED)  # a turn that had begun; most messages are left alone at once


class Told(NamedTuple):
    """`what` names the words: "holding", "quiet" and "others" last until `until`; "answered" was ended by the message
    `by`; "because" gives the reason whose code is `why`."""

    what: str
    until: datetime | None = None
    by: str | None = None
    why: str = ""


def outlook(turn: Turn) -> Told | None:
    """What is told about a turn; None if nothing is, as while it is written and once its reply stands there."""
    reason = turn.decision.reason
    if turn.state is State.WAITING:
        what = WAITS.get(reason)
        return Told(what, turn.decision.due) if what else None
    if turn.state is State.SENT:
        return Told("because", why=code(turn)) if turn.sign == SIGN else None
    if turn.state not in ENDED or reason in UNTOLD:
        return None
    if reason == Reason.SOMEONE_ANSWERED and not turn.error:
        return Told("answered", by=turn.decision.facts.get("ended_by"))
    return Told("because", why=code(turn)) if not turn.reply_id else None
