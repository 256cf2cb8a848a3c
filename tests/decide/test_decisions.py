"""May we speak? Every kind of room against every situation, as tables; and which objection wins."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits
from bot.decide.ask import Ask
from bot.decide.decisions import decide, decide_again
from bot.decide.gates import wants_an_answer
from bot.language.packs import MessageKind
from bot.types import Decision, Message, Verdict
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.situation import (
    ANSWER,
    ASKED,
    ASKED_IN_TIMELINE,
    BEN,
    LATE,
    MINUTE,
    OURS,
    STATED,
    Situation,
    called,
    talk,
)
from tests.fakes.talk import BOT, US, at, comment, line, post

UNANSWERED, EVERY, FIFTH = rule_of(share_of_voice=0.5), rule_of("every_post", share_of_voice=0.5), rule_of()

# --- when it is heard ----------------------------------------------------------------------------

CALLED = Situation(called(ASKED))
HEARD = {
    # what was said:                             mentions, unanswered, all posts, every_post
    "somebody calls us": (CALLED, *["speak addressed"] * 4),
    "a bot calls us": (Situation(called(post("m", BOT, "hi"))), *["silent from_bot"] * 4),
    "a bot posts": (Situation(post("m", BOT, "rain?")), *["silent from_bot"] * 4),
    "a call that waited too long": (Situation(called(LATE)), *["silent too_old"] * 4),
    "a call that waited just not too long": (
        Situation(called(post("m", "Ana", "hi", sent=at(-15 * MINUTE)))),
        *["speak addressed"] * 4,
    ),
    "a call over the member's limit": (Situation(called(ASKED), replies=3), *["speak member_limit"] * 4),
    "a call over the room's limit": (
        Situation(called(ASKED), replies=4, limits=Limits(replies_per_room_hour=4)),
        *["speak room_limit"] * 4,
    ),
    "a call when the money is gone": (Situation(called(ASKED), replies=1, usd=9.0), *["speak addressed"] * 4),
    "a call where we were the last to speak": (Situation(called(ASKED), since=(OURS,)), *["speak addressed"] * 4),
    "a call in pain": (Situation(called(post("m", "Ana", "my dog died last night"))), *["speak addressed"] * 4),
    "a call that is empty": (Situation(called(post("m", "Ana", "thanks!"))), *["speak addressed"] * 4),
    "a post that asks": (Situation(ASKED), "silent join_mentions", *["wait holding"] * 2, "wait settling"),
    "a post that asks nothing": (
        Situation(STATED),
        "silent join_mentions",
        "silent not_inviting",
        "wait holding",
        "wait settling",
    ),
    "a question in the timeline": (
        Situation(ASKED_IN_TIMELINE),
        "silent join_mentions",
        *["wait holding"] * 2,
        "wait settling",
    ),
    "a command": (
        Situation(post("m", "Ana", "!roll 2d6")),
        "silent join_mentions",
        "silent command",
        "wait holding",
        "silent command",
    ),
    "a painful post": (
        Situation(post("m", "Ana", "my dog died last night")),
        "silent join_mentions",
        *["silent meant_for_others"] * 3,  # which of the reasons for people is not told
    ),
    "a comment": (
        Situation(comment("m", "p", "Ana", "really?"), (comment("b", "p", "Ben", "so", -9),)),
        "silent join_mentions",
        *["silent not_a_post"] * 3,
    ),
    "the first word that we hear of a thread": (
        Situation(comment("m", "p", "Ana", "really?")),
        "silent join_mentions",
        "silent not_a_post",
        "wait holding",
        "silent not_a_post",
    ),
    "a question to somebody in the timeline": (
        Situation(line("m", "Ana", "is it yours?", mentions=("id-ben",))),
        "silent join_mentions",
        *["silent meant_for_others"] * 3,
    ),
    "a post that mentions somebody": (
        Situation(post("m", "Ana", "is it yours?", mentions=("id-ben",))),
        "silent join_mentions",
        "silent meant_for_others",
        "wait holding",
        "silent meant_for_others",
    ),
    "a post in whose thread we spoke": (
        Situation(ASKED, since=(OURS,)),
        "silent join_mentions",
        *["silent already_spoke"] * 3,
    ),
    "a post over the limit, for now": (
        Situation(ASKED, replies=4),
        "silent join_mentions",
        *["wait holding"] * 2,
        "wait settling",
    ),
}
JOINS = (rule_of("mentions"), rule_of(), rule_of(posts="all"), rule_of("every_post"))


def heard(ask: Ask) -> Decision:
    return decide(ask, None if ask.message.addressed or ask.message.author.is_bot else wants_an_answer(ask))


@pytest.mark.parametrize(
    ("rule", "situation", "expected"),
    [
        pytest.param(rule, situation, expected, id=f"{name}, {rule.join} {rule.posts}")
        for name, (situation, *all_expected) in HEARD.items()
        for rule, expected in zip(JOINS, all_expected, strict=True)
    ],
)
def test_when_it_is_heard(rule: RoomRule, situation: Situation, expected: str) -> None:
    decision = heard(situation.ask(rule))
    assert f"{decision.verdict} {decision.reason}" == expected
    assert (decision.due is None) == (decision.verdict is Verdict.SILENT)


# --- when the hold is over -----------------------------------------------------------------------

DUE = {
    # what happened since:                        unanswered, every_post
    "nothing": (Situation(ASKED), "speak unanswered", "speak every_post"),
    "a person answered": (Situation(ASKED, since=(ANSWER,)), "silent someone_answered", "speak every_post"),
    "we have joined the thread": (Situation(ASKED, since=(OURS,)), *["silent already_spoke"] * 2),
    "ours was the last word in the timeline": (
        Situation(ASKED_IN_TIMELINE, since=(line("o", US, "so it seems", 1, reply_to="earlier"),)),
        "wait two_in_a_row",
        "silent two_in_a_row",
    ),
    "we are too loud": (Situation(ASKED, talk(4, ours=3)), *["silent share_of_voice"] * 2),
    "the room's limit is reached": (Situation(ASKED, replies=4), *["silent room_limit"] * 2),
    "the money is gone": (Situation(ASKED, replies=1, usd=2.0), *["silent budget"] * 2),
}


@pytest.mark.parametrize(
    ("rule", "situation", "expected"),
    [
        pytest.param(rule, situation, expected, id=f"{name}, {rule.join}")
        for name, (situation, *all_expected) in DUE.items()
        for rule, expected in zip((UNANSWERED, EVERY), all_expected, strict=True)
    ],
)
def test_when_the_hold_is_over(rule: RoomRule, situation: Situation, expected: str) -> None:
    decision = decide_again(replace(situation, seconds=MINUTE).ask(rule))
    assert f"{decision.verdict} {decision.reason}" == expected


# --- what is too sensitive to be kept ---------------------------------------------------------------

SENSITIVE = ("my dog died last night, what now?", "I want to die, why go on?", "please keep this channel on topic, ok?")
KINDS = (UNANSWERED, EVERY, rule_of(posts="all"), rule_of("every_post", coverage=0.5))


@pytest.mark.parametrize("text", SENSITIVE)
@pytest.mark.parametrize("rule", KINDS, ids=lambda rule: f"{rule.join} {rule.posts}")
@pytest.mark.parametrize("place", [post, line])
def test_nothing_that_is_decided_tells_that_a_message_was_sensitive(
    rule: RoomRule, text: str, place: Callable[..., Message]
) -> None:
    """Neither when it is heard nor when its hold is over: the same decision, with the same facts, as of a message that
    calls somebody else."""
    situation = Situation(place("m", "Ana", text), (BEN,))
    ask = situation.ask(rule)
    ordinary = Situation(line("m", "Ana", "Ben: does it rise?"), (BEN,)).ask(rule)
    for each in (ask, ordinary):
        each.facts = {}
    assert heard(ask) == heard(ordinary) == Decision(Verdict.SILENT, "meant_for_others")
    if place is post:  # in the timeline nobody can tell whether it was answered
        later = replace(situation, seconds=MINUTE).ask(rule)
        later.facts = {}
        assert decide_again(later) == Decision(Verdict.SILENT, "meant_for_others")


def test_no_decision_has_labels_of_what_was_said_among_its_facts() -> None:
    situations = [each for row in (*HEARD.values(), *DUE.values()) for each in row if isinstance(each, Situation)]
    assert len(situations) > 20
    for situation in situations:
        for rule in KINDS:
            ask = situation.ask(rule)
            ask.facts = {}
            known = {str(kind) for kind in MessageKind}
            assert not known & set(_leaves([heard(ask).facts, decide_again(ask).facts]))


def _leaves(facts: Any) -> Iterator[str]:
    """Every key and text in the facts."""
    if isinstance(facts, Mapping):
        yield from facts
        facts = list(facts.values())
    if isinstance(facts, list):
        for fact in facts:
            yield from _leaves(fact)
    else:
        yield str(facts)


# --- the first objection wins --------------------------------------------------------------------

EVERYTHING = post("m", "Ana", "Ben: my dog died, take it to another channel?")
IN_ORDER = [
    (rule_of("mentions"), EVERYTHING, "join_mentions"),
    (UNANSWERED, EVERYTHING, "meant_for_others"),
    (UNANSWERED, comment("m", "p", "Ana", "!roll my dog died"), "not_a_post"),
    (UNANSWERED, post("m", "Ana", "my dog died, and please take this to another channel"), "meant_for_others"),
    (UNANSWERED, post("m", "Ana", "my dog died"), "meant_for_others"),
    (UNANSWERED, post("m", "Ana", "it rises"), "not_inviting"),
    (rule_of(coverage=0), ASKED, "already_spoke"),
]


@pytest.mark.parametrize(("rule", "message", "reason"), IN_ORDER)
def test_the_first_objection_wins_when_it_is_heard(rule: RoomRule, message: Message, reason: str) -> None:
    joined = comment("o", "m", US, "hello", -50)
    assert heard(Situation(message, (BEN, joined), lot=0.5).ask(rule)).reason == reason


def test_the_first_objection_wins_when_the_hold_is_over() -> None:
    since = (ANSWER, OURS)
    all_at_once = Situation(ASKED, since=since, replies=4, usd=9.0)
    assert decide_again(all_at_once.ask(FIFTH)).reason == "someone_answered"
    assert decide_again(replace(all_at_once, since=(OURS,)).ask(FIFTH)).reason == "already_spoke"
    loud = replace(all_at_once, since=(), before=talk(4, ours=3))
    assert decide_again(replace(loud, underway_here=1).ask(FIFTH)).reason == "two_in_a_row"
    assert decide_again(loud.ask(FIFTH)).reason == "share_of_voice"
    assert decide_again(replace(loud, before=talk(9)).ask(FIFTH)).reason == "room_limit"
    assert decide_again(replace(loud, before=talk(9), replies=1).ask(FIFTH)).reason == "budget"


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [
        (rule_of(hold=0), 0),
        (rule_of(hold=0.5), 30),
        (rule_of("every_post", hold=30), 2),  # only until the burst is over
    ],
)
def test_people_get_so_long_by_our_own_clock(rule: RoomRule, seconds: int) -> None:
    forged = post("m", "Ana", "does it rise?", sent=at(10 * MINUTE))
    assert heard(Situation(forged).ask(rule)).due == at(seconds)


def test_what_is_too_loud_notes_how_loud_it_was() -> None:
    ask = Situation(ASKED, talk(7, ours=1)).ask(FIFTH)
    ask.facts = {}
    assert decide_again(ask).reason == "share_of_voice"
    assert (ask.facts["voice"], ask.facts["share_of_voice"]) == ([1, 8], FIFTH.share_of_voice)


@pytest.mark.parametrize("explains", [True, False])
def test_facts_name_who_ended_a_wait_if_somebody_did_and_facts_are_wanted(explains: bool) -> None:
    floor = floor_of(rule_of(hold=1), explains=explains)
    for heard in (post("p", "Ana", "does it rise?"), post("q", "Eve", "does it sink?")):
        floor.hear(heard, heard.heard)
    [deleted] = floor.delete("q")
    answer = comment("c", "p", "Ben", "mine does", 20)
    answered = next(turn for turn in floor.hear(answer, answer.heard) if turn.trigger == "p")
    assert "ended_by" not in deleted.decision.facts
    assert answered.decision.facts.get("ended_by") == ("c" if explains else None)
