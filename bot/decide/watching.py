"""The last gate: a turn that all others let speak, and that is not said, because we only watch the room.

Its word counts in the room as said: for our share of voice, for speaking once in a thread and never twice in a row.
Otherwise a watched room would show more moments than the same room has once we speak. It counts towards no limit of
replies, since a limit is shared with rooms in which we do speak.
"""

from dataclasses import replace
from datetime import datetime

from bot.config.policy import OUR_NAME
from bot.decide.reasons import Reason
from bot.types import Author, Message, State, Turn, Verdict


def withheld(turn: Turn, reason: Reason, now: datetime, judge: str | None = None) -> Turn:
    """The turn, ended for `reason`. The fact `would` says why it would have spoken, when, and which model would have
    been asked whether to: the room's `judge`, uncalled."""
    would = {"reason": str(turn.decision.reason), "at": now.isoformat()}
    if judge is not None and not turn.addressed:
        would["judge"] = judge
    decision = replace(
        turn.decision, verdict=Verdict.SILENT, reason=reason, due=None, facts={**turn.decision.facts, "would": would}
    )
    return replace(turn, state=State.SILENT, decision=decision, text="", sign="", tried=None)


def unsaid(turn: Turn, now: datetime) -> Message | None:
    """The word that counts as said, without a text; None for an emoji. It never leaves: the store keeps it as it keeps
    a message of ours that was deleted."""
    if turn.sign:
        return None
    me = Author(OUR_NAME, OUR_NAME, is_bot=True, is_self=True)
    return Message(f"unsaid/{turn.id}", turn.thread, me, "", now, now, reply_to=turn.trigger)
