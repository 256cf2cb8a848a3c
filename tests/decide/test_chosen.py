"""A decision keeps which choices have decided it, and no others."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.config.choices import CHOOSABLE, MUTE, Chosen, Scope
from bot.config.room_rule import RoomRule
from bot.decide.chosen import CHOSEN, DECIDED_BY, with_choices
from bot.decide.reasons import Reason
from bot.types import Decision, Verdict

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
ROOM = Scope("local", "home", "feed")
ALL = {key: Chosen(ROOM, key, "x", "id-ana", NOON, None, number) for number, key in enumerate((*CHOOSABLE, MUTE), 1)}
NOT_BY_A_CHOICE = {
    Reason.ADDRESSED, Reason.CONTINUED, Reason.EMOJI, Reason.PLATFORM_AWAY, Reason.MEMBER_LIMIT, Reason.ROOM_LIMIT,
    Reason.COMMUNITY_LIMIT, Reason.BUDGET, Reason.NO_MODEL, Reason.MODELS_FAILED, Reason.FROM_BOT, Reason.IGNORED,
    Reason.TOLD_QUIET, Reason.LOOP, Reason.TOO_OLD, Reason.COMMAND, Reason.NOT_A_POST, Reason.NOT_INVITING,
    Reason.MEANT_FOR_OTHERS, Reason.MODERATION, Reason.PAINFUL, Reason.RAID, Reason.THANKS, Reason.LEFT_OUT,
    Reason.TWO_IN_A_ROW, Reason.MOVED_ON, Reason.TOO_LATE, Reason.DELETED, Reason.EDITED, Reason.MERGED,
    Reason.MEMBER_QUIET,
}  # fmt: skip


def decided(reason: str, rule: RoomRule | None = None, chosen: Any = ALL, **facts: Any) -> Decision:
    return with_choices(Decision(Verdict.SILENT, reason, None, facts), rule or RoomRule(match="*"), chosen)


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_names_the_keys_that_it_comes_from_or_none(reason: Reason) -> None:
    """A new reason belongs into one of the two."""
    assert (reason in DECIDED_BY) != (reason in NOT_BY_A_CHOICE)
    assert decided(reason).facts.keys() == ({CHOSEN} if reason in DECIDED_BY else set())


def test_every_key_in_the_table_can_be_chosen() -> None:
    assert {key for keys in DECIDED_BY.values() for key in keys} <= {*CHOOSABLE, MUTE}


def test_a_fact_says_what_was_chosen_where_and_when_and_names_nobody() -> None:
    until = datetime(2026, 5, 4, tzinfo=UTC)
    mute = Chosen(Scope("local", "home"), MUTE, True, "id-ana", NOON, until, 7)
    found = decided(Reason.MUTED, chosen={MUTE: mute}, asked=["x"])
    assert found.facts == {
        "asked": ["x"],
        CHOSEN: {MUTE: {
            "value": True, "for": "community", "at": NOON.isoformat(), "until": until.isoformat(), "change": 7,
        }},
    }  # fmt: skip
    assert "ana" not in repr(found)


def test_only_the_choices_that_were_made_are_named() -> None:
    found = decided(Reason.UNANSWERED, chosen={"join": ALL["join"], "place": ALL["place"]})
    assert list(found.facts[CHOSEN]) == ["join"]
    assert decided(Reason.UNANSWERED, chosen={}).facts == {}


def test_with_a_fixed_hold_the_risk_has_decided_nothing_about_it() -> None:
    fixed = RoomRule(match="*", hold=5.0)
    assert list(decided(Reason.HOLDING).facts[CHOSEN]) == ["join", "hold", "displacement_risk"]
    assert list(decided(Reason.HOLDING, fixed).facts[CHOSEN]) == ["join", "hold"]
    assert list(decided(Reason.ALREADY_SPOKE, fixed).facts[CHOSEN]) == ["displacement_risk"]


def test_what_decided_before_is_not_kept() -> None:
    first = decided(Reason.HOLDING)
    second = with_choices(Decision(Verdict.SILENT, Reason.SHARE_OF_VOICE, None, first.facts), RoomRule(match="*"), ALL)
    assert list(second.facts[CHOSEN]) == ["share_of_voice"]
    third = with_choices(Decision(Verdict.SILENT, Reason.DELETED, None, second.facts), RoomRule(match="*"), ALL)
    assert third.facts == {}
