"""Which choices of managers have decided a turn: kept among its facts, without who made them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.config.choices import MUTE, Chosen
from bot.config.room_rule import RoomRule
from bot.decide.reasons import Reason
from bot.types import Decision

CHOSEN = "chosen"
"""The fact: by key, the value, whether it was chosen for the room or the community, when, until when, and the number of
the change."""

DECIDED_BY: Mapping[str, tuple[str, ...]] = {
    Reason.UNANSWERED: ("join", "hold", "displacement_risk"),
    Reason.EVERY_POST: ("join",),
    Reason.HOLDING: ("join", "hold", "displacement_risk"),
    Reason.SETTLING: ("join",),
    Reason.QUIET_HOURS: ("quiet_hours",),
    Reason.JOIN_MENTIONS: ("join",),
    Reason.ROOM_OFF: ("join",),
    Reason.WATCHING: ("join",),
    Reason.MUTED: (MUTE,),
    Reason.UNREAD: ("judge",),
    Reason.JUDGED: ("judge",),
    Reason.ALREADY_SPOKE: ("displacement_risk",),
    Reason.SHARE_OF_VOICE: ("share_of_voice",),
    Reason.SOMEONE_ANSWERED: ("hold", "displacement_risk"),
    Reason.PASSED: ("persona",),
}
"""The keys that a reason comes from, of those that can be chosen; what no key decides is not here."""


def with_choices(decision: Decision, rule: RoomRule, chosen: Mapping[str, Chosen]) -> Decision:
    """The decision, with the choices that have decided it in place of those that decided before."""
    if not chosen and CHOSEN not in decision.facts:
        return decision
    facts = {name: fact for name, fact in decision.facts.items() if name != CHOSEN}
    if sources := {key: _fact(chosen[key]) for key in _deciding(decision.reason, rule) if key in chosen}:
        facts[CHOSEN] = sources
    return replace(decision, facts=facts)


def _deciding(reason: str, rule: RoomRule) -> Iterator[str]:
    for key in DECIDED_BY.get(reason, ()):
        if key != "displacement_risk" or rule.hold == "auto" or reason == Reason.ALREADY_SPOKE:
            yield key


def _fact(one: Chosen) -> dict[str, Any]:
    until = one.until.isoformat() if one.until else None
    return {
        "value": one.value, "for": "room" if one.scope.room else "community", "at": one.at.isoformat(),
        "until": until, "change": one.change,
    }  # fmt: skip
