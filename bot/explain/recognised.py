"""Works out again what is not stored with a turn: what its message is, and which reason a sensitive one was."""

from dataclasses import replace

from bot.decide.reasons import FOR_PEOPLE, Reason
from bot.decide.signals import kinds
from bot.language.packs import MessageKind, Packs
from bot.remember.lookup import Lookup
from bot.types import Turn

# In the order of the gates.
TOLD_BY = ((MessageKind.MODERATION, Reason.MODERATION), (MessageKind.DISTRESS, Reason.PAINFUL))


def recognised(found: Lookup, packs: Packs) -> Lookup:
    """The lookup with its turn completed from the message that triggered it, while that is kept; else unchanged."""
    turn, trigger = found.turn, found.trigger
    if turn is None or trigger is None or turn.addressed:
        return found
    known = kinds(trigger, packs)
    facts = {"signals": sorted(known), **turn.decision.facts}
    decision = replace(turn.decision, reason=_reason(turn, known), facts=facts)
    return replace(found, turn=replace(turn, decision=decision))


def _reason(turn: Turn, known: frozenset[MessageKind]) -> str:
    if turn.decision.reason not in FOR_PEOPLE:
        return turn.decision.reason
    return next((reason for kind, reason in TOLD_BY if kind in known), Reason.MEANT_FOR_OTHERS)
