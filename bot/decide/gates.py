"""May we speak? The ordered rules; the first objection wins.

A message that calls us is always answered (or gets an honest sign), and before anything unprompted.
Anything else must pass every gate below: some when it is heard, the rest when its hold is over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.decide.budget import Budget
from bot.decide.hold import hold_until
from bot.decide.reasons import Reason
from bot.decide.room import RoomState
from bot.decide.signals import asks, for_others, is_post
from bot.settings import RoomRule
from bot.types import Decision, Message, Verdict

VOICE_WINDOW = 50  # messages over which the share of voice is promised


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the gates: may we speak about this message, now?"""

    message: Message
    room: RoomState
    rule: RoomRule
    budget: Budget
    now: datetime
    catch_up: timedelta
    underway: int = 0  # unprompted turns of ours in this room that are decided but do not stand there yet


Gate = Callable[[Ask], Reason | None]


def joins_only_when_called(ask: Ask) -> Reason | None:
    return Reason.JOIN_MENTIONS if ask.rule.join == "mentions" else None


def is_for_others(ask: Ask) -> Reason | None:
    return Reason.MEANT_FOR_OTHERS if for_others(ask.message) else None


def is_no_post(ask: Ask) -> Reason | None:
    """In a plain timeline only a question invites an answer from somebody who was not asked."""
    message = ask.message
    invites = is_post(message) and (message.starts_thread or ask.rule.join == "every_post" or asks(message.text))
    return None if invites else Reason.NOT_A_POST


def was_answered(ask: Ask) -> Reason | None:
    """People first. A comment on every post is no answer: there, people may come before or after."""
    if ask.rule.join == "every_post":
        return None
    return Reason.SOMEONE_ANSWERED if ask.room.answered(ask.message) else None


def has_spoken_here(ask: Ask) -> Reason | None:
    return Reason.ALREADY_SPOKE if ask.room.has_joined(ask.message) else None


def would_be_two_in_a_row(ask: Ask) -> Reason | None:
    return Reason.TWO_IN_A_ROW if ask.room.ours_was_last(ask.message.thread.root) else None


def is_too_loud(ask: Ask) -> Reason | None:
    """One more of ours must keep our share within the promise. A first word is always allowed (unless the share
    is 0), or a quiet room with fewer than 1/share messages would never hear us."""
    ours, everything = ask.room.voices(VOICE_WINDOW)
    ours, everything = ours + ask.underway + 1, min(VOICE_WINDOW, everything + ask.underway + 1)
    if ask.rule.share_of_voice > 0 and ours == 1:
        return None
    return Reason.SHARE_OF_VOICE if ours > ask.rule.share_of_voice * everything else None


def is_over_a_limit(ask: Ask) -> Reason | None:
    limited = ask.budget.against("", ask.message.room, ask.now)
    return limited.reason if limited else None


def is_out_of_money(ask: Ask) -> Reason | None:
    """Where the day has no money at all, only models without a price write, and those need none."""
    usd_per_day = ask.budget.limits.usd_per_day
    return Reason.BUDGET if 0 < usd_per_day <= ask.budget.usd_today(ask.now) else None


# What no waiting changes is asked at once, the rest when the hold is over: an hour on, the room may be another.
AT_ONCE: tuple[Gate, ...] = (joins_only_when_called, is_for_others, is_no_post, has_spoken_here)
WHEN_DUE: tuple[Gate, ...] = (
    was_answered,
    has_spoken_here,
    would_be_two_in_a_row,
    is_too_loud,
    is_over_a_limit,
    is_out_of_money,
)


def decide(ask: Ask) -> Decision:
    """What to do about a message when it is heard. Our own messages and history never come here."""
    message = ask.message
    if message.author.is_bot:
        return Decision(Verdict.SILENT, Reason.FROM_BOT)
    if message.addressed:
        return _answer(ask)
    if message.at < ask.now - ask.catch_up:
        return Decision(Verdict.SILENT, Reason.TOO_OLD)
    if objection := _first_objection(AT_ONCE, ask):
        return Decision(Verdict.SILENT, objection)
    return Decision(Verdict.WAIT, Reason.HOLDING, hold_until(message, ask.rule))


def decide_again(ask: Ask) -> Decision:
    """What to do when the hold is over, on what we know by then."""
    if objection := _first_objection(WHEN_DUE, ask):
        return Decision(Verdict.SILENT, objection)
    reason = Reason.EVERY_POST if ask.rule.join == "every_post" else Reason.UNANSWERED
    return Decision(Verdict.SPEAK, reason, ask.now)


def _answer(ask: Ask) -> Decision:
    if ask.message.at < ask.now - ask.catch_up:
        return Decision(Verdict.SILENT, Reason.TOO_OLD)
    limited = ask.budget.against(ask.message.author.id, ask.message.room, ask.now)
    return Decision(Verdict.SPEAK, limited.reason if limited else Reason.ADDRESSED, ask.now)


def _first_objection(gates: tuple[Gate, ...], ask: Ask) -> Reason | None:
    return next((objection for gate in gates if (objection := gate(ask))), None)
