"""What is not stored with a turn is worked out again from its message, while that is kept."""

from dataclasses import replace

import pytest

from bot.decide.reasons import Reason
from bot.explain.recognised import recognised
from bot.explain.why import why_lines
from bot.explain.words import LANGUAGES
from bot.remember.lookup import Lookup
from bot.types import Author, Decision, Message, Room, State, Thread, Turn, Verdict
from tests.fakes.shipped import shipped_packs, shipped_words
from tests.fakes.talk import at

PACKS, WORDS = shipped_packs(), shipped_words()
THREAD = Thread(Room("discord", "1", "2"), "m1")


def found(text: str, reason: str = "meant_for_others", *, is_kept: bool = True, addressed: bool = False) -> Lookup:
    decision = Decision(Verdict.SILENT, reason)
    turn = Turn("t1", THREAD, "m1", "u1", "mochi", decision, State.SILENT, at(0), addressed=addressed)
    message = Message("m1", THREAD, Author("u1", "Noor"), text, at(0), at(0)) if is_kept else None
    return Lookup("m1", "discord", message, turn, message)


def reason_of(lookup: Lookup) -> str:
    known = recognised(lookup, PACKS)
    assert known.turn is not None
    return known.turn.decision.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("my dog died last night", Reason.PAINFUL),
        ("please keep this channel on topic, ok?", Reason.MODERATION),
        ("Ben: does it rise?", Reason.MEANT_FOR_OTHERS),
    ],
)
def test_why_tells_which_of_the_reasons_for_people_it_was(text: str, reason: str) -> None:
    assert reason_of(found(text)) == reason
    for language in LANGUAGES:
        told = " ".join(" ".join(why_lines(recognised(found(text), PACKS), WORDS, language)).split())
        assert WORDS.say(f"reason.{reason}.member", language)[:20] in told


def test_once_the_message_is_gone_nobody_can_tell() -> None:
    gone = found("my dog died last night", is_kept=False)
    assert recognised(gone, PACKS) == gone
    turn = gone.turn
    assert turn is not None
    forgotten = replace(gone, turn=replace(turn, member="", trigger="t1"))
    for language in LANGUAGES:
        told = " ".join(why_lines(forgotten, WORDS, language))
        assert "u1" not in told and "~" not in told


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in ("painful", "moderation")])
def test_every_other_reason_is_told_as_it_was_stored(reason: str) -> None:
    text = "does it rise?" if reason == "meant_for_others" else "my dog died last night"
    assert reason_of(found(text, reason)) == reason


def test_what_a_message_is_is_worked_out_unless_it_called_us() -> None:
    asked = recognised(found("does it rise?", "not_a_post"), PACKS).turn
    assert asked is not None and asked.decision.facts == {"signals": ["question"]}
    called = found("does it rise?", "addressed", addressed=True)
    assert recognised(called, PACKS) == called
