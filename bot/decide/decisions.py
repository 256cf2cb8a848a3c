"""May we speak? The first objection of the gates wins.

A message that addresses us is always answered (or gets an honest sign), and before anything unprompted. Any other
message must pass all gates: some when it is heard, the rest when its hold is over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.room_rule import RoomRule
from bot.decide.ask import Ask
from bot.decide.care import CARE
from bot.decide.emoji import emoji_for
from bot.decide.gates import AFTER_A_HOLD, IMMEDIATE_GATES, WHEN_DUE, first_objection, joins_only_when_called
from bot.decide.hold import hold, settled
from bot.decide.quiet import quiet_until
from bot.decide.reasons import FOR_PEOPLE, Reason
from bot.decide.room import RoomState
from bot.decide.signals import is_empty
from bot.decide.times import DAY
from bot.types import Decision, Verdict

PATIENCE = timedelta(seconds=DAY)  # counted from the post: a later answer is none


def decide(ask: Ask, objection: Reason | None) -> Decision:
    """What to do about a message when it is heard. Not for our own messages or history.

    `objection` is the result of `wants_an_answer`, which is only asked about messages that do not address us.
    """
    message = ask.message
    _note_named(ask)
    if (kept_out := _keeps_out(ask)) is not None:
        return _silent(ask, kept_out)
    if message.addressed:
        return _answer(ask)
    if objection := objection or first_objection(IMMEDIATE_GATES, ask, "asked"):
        return _silent(ask, objection)
    if ask.rule.join == "every_post":
        return Decision(Verdict.WAIT, Reason.SETTLING, settled(message.heard, message.heard), ask.facts or {})
    assert ask.heard is not None
    people_first = hold(ask.heard.said, message.heard, ask.rule, ask.room)
    if ask.facts is not None:
        ask.note(**people_first.facts(ask.rule, ask.room, ask.heard.said.at))
    return Decision(Verdict.WAIT, Reason.HOLDING, people_first.until, ask.facts or {})


def _keeps_out(ask: Ask) -> Reason | None:
    """Why a message is not even considered: who wrote it, or that it was written too long ago."""
    message = ask.message
    if message.author.is_bot:
        return Reason.FROM_BOT
    if ask.rule.ignore and ask.rule.names("ignore", message.author) and ask.care is None:
        return Reason.IGNORED
    return Reason.TOO_OLD if message.at < ask.now - ask.catch_up and not _still_needs_care(ask) else None


def decide_again(ask: Ask) -> Decision:
    """What to do when the hold is over, with what is known and by the rule that is in force by then."""
    if objection := joins_only_when_called(ask):
        return _silent(ask, objection)
    if later := _later(ask):
        return later
    gates = WHEN_DUE if ask.rule.join == "every_post" else AFTER_A_HOLD
    if objection := first_objection(gates, ask, "asked_again"):
        if objection is Reason.TWO_IN_A_ROW and ask.now < (until := _others_have_until(ask)):
            return _put_off(objection, until, ask.facts or {})
        return _silent(ask, objection)
    reason = Reason.EVERY_POST if ask.rule.join == "every_post" else Reason.UNANSWERED
    return Decision(Verdict.SPEAK, reason, ask.now, ask.facts or {})


def _later(ask: Ask) -> Decision | None:
    """A wait, if the author is still writing, somebody has just called us in danger, or the room is in its quiet
    hours."""
    if ask.rule.join == "every_post":
        last = _last_of_burst(ask)
        if last > ask.now:
            return Decision(Verdict.WAIT, Reason.SETTLING, last, ask.facts or {})
    return paused(ask.now, ask.rule, ask.zone, ask.room, ask.facts or {})


def paused(now: datetime, rule: RoomRule, zone: ZoneInfo, room: RoomState, facts: Mapping[str, Any]) -> Decision | None:
    """A wait, if nothing uncalled may be said in the room now. After a call by a person in danger the reason is that
    people go first, as for any hold: it tells nothing about the call."""
    quiet, care = quiet_until(now, rule.quiet_hours, zone), room.care.until(now)
    if care is not None and (quiet is None or care > quiet):
        return _put_off(Reason.HOLDING, care, facts)
    return None if quiet is None else until_quiet_ends(quiet, facts)


def until_quiet_ends(until: datetime, facts: Mapping[str, Any]) -> Decision:
    """A wait until the quiet hours are over; all gates are asked again then."""
    return _put_off(Reason.QUIET_HOURS, until, {**facts, "quiet_until": until.isoformat()})


def until_tried_again(until: datetime, facts: Mapping[str, Any]) -> Decision:
    """What surely never left: to be decided again then, by all the gates."""
    return _put_off(Reason.PLATFORM_AWAY, until, facts)


def _put_off(reason: Reason, until: datetime, facts: Mapping[str, Any]) -> Decision:
    kept = {name: fact for name, fact in facts.items() if name != "asked_again"}
    return Decision(Verdict.WAIT, reason, until, kept)


def _others_have_until(ask: Ask) -> datetime:
    """When the last message in a timeline is ours: until when a post waits for somebody else's, after which it is
    decided again (see `Floor.hear`). A thread has our word by then, and no post wants a comment that late."""
    is_post = ask.message.thread.root is None and ask.rule.join != "every_post"
    return ask.message.heard + PATIENCE if is_post else ask.now


def _last_of_burst(ask: Ask) -> datetime:
    """When the burst that the message began is over."""
    message, last = ask.message, ask.message.heard
    begun = message.heard.timestamp()
    for said in ask.room.latest(message.thread.root):
        if said.at < begun or said.id == message.id:
            break
        if said.author == message.author.id:
            last = message.heard + timedelta(seconds=said.at - begun)
            break
    return settled(message.heard, last)


def _still_needs_care(ask: Ask) -> bool:
    """A careful text may come later than an answer, but not after the hour: by then it would only expose its author."""
    return ask.message.at >= ask.now - CARE and ask.care is not None


def _answer(ask: Ask) -> Decision:
    """A person in danger gets the careful text whatever the limits say, for the reason of any answered call."""
    goes_on = ask.heard is not None and ask.heard.goes_on
    reason = Reason.CONTINUED if goes_on else Reason.ADDRESSED
    care = ask.care
    if care is None and (objection := _objects_to_call(ask)):
        return _silent(ask, objection)
    if care is None or not care.beyond_limits:
        limited = ask.budget.against(ask.message.author.id, ask.message.room, ask.now)
        if care is None and not limited and ask.rule.emoji_instead and _emoji(ask):
            return Decision(Verdict.SPEAK, Reason.EMOJI, ask.now, ask.facts or {})
        if care is None and goes_on and is_empty(ask.kinds):
            return _silent(ask, Reason.THANKS)
        reason = limited.reason if limited else reason
    return Decision(Verdict.SPEAK, reason, ask.now, ask.facts or {})


def _objects_to_call(ask: Ask) -> Reason | None:
    """Why a call gets no answer, although it is a person's: it tells us to be quiet, or comes as from a program."""
    if ask.room.hushed.is_order(ask.message):
        return Reason.TOLD_QUIET
    return Reason.LOOP if ask.room.exchanges.is_loop(ask.message, ask.now) else None


def _emoji(ask: Ask) -> str:
    return emoji_for(ask.message, ask.room.our_names, ask.reference.packs)


def _note_named(ask: Ask) -> None:
    """Notes by which of the manager's patterns the author is what they are."""
    rule = ask.rule
    if ask.facts is None or not (rule.people or rule.bots or rule.ignore):
        return
    for key in ("people", "bots", "ignore"):
        if pattern := ask.rule.names(key, ask.message.author):
            ask.note(named=[key, pattern])
            return


def _silent(ask: Ask, reason: Reason) -> Decision:
    if reason in FOR_PEOPLE:
        return Decision(Verdict.SILENT, Reason.MEANT_FOR_OTHERS)
    return Decision(Verdict.SILENT, reason, None, ask.facts or {})
