"""May we speak? Every rule of a room against every situation, as one table: what was said, when, and the decision."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.decide.budget import Budget
from bot.decide.gates import Ask, decide, decide_again
from bot.decide.room import RoomState
from bot.settings import Limits, RoomRule
from bot.types import Decision, Message, State, Thread, Turn, Usage, Verdict
from tests.fakes.talk import BOT, FEED, US, at, comment, line, post

CATCH_UP = timedelta(minutes=15)
MINUTE = 60


@dataclass(frozen=True)
class Situation:
    """`before` was said earlier, `since` after the message; `replies` are ours in this hour, `usd` what they cost."""

    message: Message
    before: tuple[Message, ...] = ()
    since: tuple[Message, ...] = ()
    seconds: float = 0
    replies: int = 0
    usd: float = 0.0
    underway: int = 0
    limits: Limits = field(default_factory=lambda: Limits(replies_per_member_hour=3, replies_per_room_hour=4))

    def ask(self, rule: RoomRule) -> Ask:
        room, budget = RoomState(), Budget(self.limits)
        for message in (*self.before, self.message, *self.since):
            room.fold(message)
        for number in range(self.replies):
            budget.fold(reply(f"t{number}", self.message.author.id, self.usd / self.replies))
        return Ask(self.message, room, rule, budget, at(self.seconds), CATCH_UP, self.underway)


def reply(id: str, member: str, usd: float) -> Turn:
    spoken = Decision(Verdict.SPEAK, "addressed")
    return Turn(id, Thread(FEED), id, member, "mochi", spoken, State.SENT, at(-1), usage=Usage(cost_usd=usd))


def calls(message: Message) -> Message:
    return replace(message, addressed=True)


ASKED = post("m", "Ana", "does it rise?")
STATED = post("m", "Ana", "it rises")
LATE = post("m", "Ana", "does it rise?", sent=at(-16 * MINUTE))
OURS = comment("o", "m", US, "mine does", -1)  # unprompted: it answers no call


def talk(count: int, ours: int = 0) -> tuple[Message, ...]:
    """So many messages about other things, `ours` of them unprompted ones of ours, then people again."""
    people = [comment(f"x{n}", "other", "Ben", "hm", n - 900) for n in range(count - ours)]
    return (*(comment(f"y{n}", "other", US, "hm", n - 950) for n in range(ours)), *people)


# --- when it is heard ----------------------------------------------------------------------------

CALLED = Situation(calls(ASKED))
HEARD = {
    # what was said:                             mentions, unanswered, every_post
    "somebody calls us": (CALLED, "speak addressed", "speak addressed", "speak addressed"),
    "a bot calls us": (Situation(calls(post("m", BOT, "hi"))), *["silent from_bot"] * 3),
    "a bot posts": (Situation(post("m", BOT, "rain?")), *["silent from_bot"] * 3),
    "a call that waited too long": (Situation(calls(LATE)), *["silent too_old"] * 3),
    "a call that waited just not too long": (
        Situation(calls(post("m", "Ana", "hi", sent=at(-15 * MINUTE)))),
        *["speak addressed"] * 3,
    ),
    "a post that waited too long": (Situation(LATE), *["silent too_old"] * 3),
    "a call over the member's limit": (Situation(calls(ASKED), replies=3), *["speak member_limit"] * 3),
    "a call over the room's limit": (
        Situation(calls(ASKED), replies=4, limits=Limits(replies_per_room_hour=4)),
        *["speak room_limit"] * 3,
    ),
    "a call when the money is gone": (Situation(calls(ASKED), replies=1, usd=9.0), *["speak addressed"] * 3),
    "a call where we were the last to speak": (Situation(calls(ASKED), since=(OURS,)), *["speak addressed"] * 3),
    "a post that asks": (Situation(ASKED), "silent join_mentions", "wait holding", "wait holding"),
    "a post that asks nothing": (Situation(STATED), "silent join_mentions", "wait holding", "wait holding"),
    "a question in the timeline": (
        Situation(line("m", "Ana", "does it rise?")),
        "silent join_mentions",
        "wait holding",
        "wait holding",
    ),
    "a remark in the timeline": (
        Situation(line("m", "Ana", "it rises")),
        "silent join_mentions",
        "silent not_a_post",
        "wait holding",
    ),
    "a question mark in code": (
        Situation(line("m", "Ana", "it is `a ? b : c`")),
        "silent join_mentions",
        "silent not_a_post",
        "wait holding",
    ),
    "a comment": (
        Situation(comment("m", "p", "Ana", "really?")),
        "silent join_mentions",
        "silent not_a_post",
        "silent not_a_post",
    ),
    "an answer to somebody in the timeline": (
        Situation(line("m", "Ana", "really?", reply_to="x")),
        "silent join_mentions",
        "silent not_a_post",
        "silent not_a_post",
    ),
    "a post that mentions somebody": (
        Situation(post("m", "Ana", "is it yours?", mentions=("id-ben",))),
        "silent join_mentions",
        "silent meant_for_others",
        "silent meant_for_others",
    ),
    "a post that opens with a name": (
        Situation(post("m", "Ana", "Ben: is it yours?")),
        "silent join_mentions",
        "silent meant_for_others",
        "silent meant_for_others",
    ),
    "a post in whose thread we spoke": (
        Situation(ASKED, since=(OURS,)),
        "silent join_mentions",
        "silent already_spoke",
        "silent already_spoke",
    ),
    "a post over the limit, for now": (
        Situation(ASKED, replies=4),
        "silent join_mentions",
        "wait holding",
        "wait holding",
    ),
}
JOINS = ("mentions", "unanswered", "every_post")


@pytest.mark.parametrize(
    ("join", "situation", "expected"),
    [
        pytest.param(join, situation, expected, id=f"{name}, {join}")
        for name, (situation, *all_expected) in HEARD.items()
        for join, expected in zip(JOINS, all_expected, strict=True)
    ],
)
def test_when_it_is_heard(join, situation, expected):
    decision = decide(situation.ask(RoomRule(match="*", join=join)))
    assert f"{decision.verdict} {decision.reason}" == expected
    assert (decision.due is None) == (decision.verdict is Verdict.SILENT)


# --- when the hold is over -----------------------------------------------------------------------

ANSWER = comment("a", "m", "Ben", "mine does", 1)
DUE = {
    # what happened since:                        unanswered, every_post
    "nothing": (Situation(ASKED), "speak unanswered", "speak every_post"),
    "a person answered": (Situation(ASKED, since=(ANSWER,)), "silent someone_answered", "speak every_post"),
    "a person answered by a reply": (
        Situation(ASKED, since=(line("a", "Ben", "yes", 1, reply_to="m"),)),
        "silent someone_answered",
        "speak every_post",
    ),
    "only the one who asked went on": (
        Situation(ASKED, since=(comment("a", "m", "Ana", "anybody?", 1),)),
        "speak unanswered",
        "speak every_post",
    ),
    "only a bot spoke": (
        Situation(ASKED, since=(comment("a", "m", BOT, "sunny", 1),)),
        "speak unanswered",
        "speak every_post",
    ),
    "people spoke elsewhere": (
        Situation(ASKED, since=(comment("a", "p", "Ben", "so", 1),)),
        "speak unanswered",
        "speak every_post",
    ),
    "in the timeline anybody spoke": (
        Situation(line("m", "Ana", "does it rise?"), since=(line("a", "Ben", "good morning", 1),)),
        "silent someone_answered",
        "speak every_post",
    ),
    "we have joined the thread": (Situation(ASKED, since=(OURS,)), "silent already_spoke", "silent already_spoke"),
    "our answer to a call stands there": (
        Situation(
            ASKED, since=(calls(comment("c", "m", "Ana", "@mochi?", 1)), comment("o", "m", US, "yes", 2, reply_to="c"))
        ),
        "speak unanswered",
        "speak every_post",
    ),
    "ours was the last word in the timeline": (
        Situation(line("m", "Ana", "does it rise?"), since=(line("o", US, "so it seems", 1, reply_to="earlier"),)),
        "silent two_in_a_row",
        "silent two_in_a_row",
    ),
    "one in five was ours, and this is the sixth": (
        Situation(ASKED, before=talk(9, ours=2)),
        "silent share_of_voice",
        "silent share_of_voice",
    ),
    "there were enough others in between": (
        Situation(ASKED, before=talk(13, ours=2)),
        "speak unanswered",
        "speak every_post",
    ),
    "two more of ours are under way": (
        Situation(ASKED, before=talk(12), underway=2),
        "speak unanswered",
        "speak every_post",
    ),
    "three more of ours are under way": (
        Situation(ASKED, before=talk(11), underway=3),
        "silent share_of_voice",
        "silent share_of_voice",
    ),
    "the room's limit is reached": (Situation(ASKED, replies=4), "silent room_limit", "silent room_limit"),
    "the money is gone": (Situation(ASKED, replies=1, usd=2.0), "silent budget", "silent budget"),
    "the money is nearly gone": (Situation(ASKED, replies=1, usd=1.99), "speak unanswered", "speak every_post"),
    "there is no money, so only free models speak": (
        Situation(ASKED, limits=Limits(usd_per_day=0)),
        "speak unanswered",
        "speak every_post",
    ),
}


@pytest.mark.parametrize(
    ("join", "situation", "expected"),
    [
        pytest.param(join, situation, expected, id=f"{name}, {join}")
        for name, (situation, *all_expected) in DUE.items()
        for join, expected in zip(JOINS[1:], all_expected, strict=True)
    ],
)
def test_when_the_hold_is_over(join, situation, expected):
    decision = decide_again(situation.ask(RoomRule(match="*", join=join, share_of_voice=0.2)))
    assert f"{decision.verdict} {decision.reason}" == expected


# --- how long, and how much ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [
        ({"join": "unanswered"}, 60 * MINUTE),
        ({"join": "unanswered", "hold_minutes": 0}, 0),
        ({"join": "unanswered", "hold_minutes": 0.5}, 30),
        ({"join": "every_post", "hold_minutes": 30}, 2),  # only until the burst is over
    ],
)
def test_people_get_so_long_by_our_own_clock(rule, seconds):
    forged = post("m", "Ana", "does it rise?", sent=at(10 * MINUTE))
    assert decide(Situation(forged).ask(RoomRule(match="*", **rule))).due == at(seconds)


@pytest.mark.parametrize(("share", "spoken"), [(0.0, "silent"), (0.01, "speak"), (0.2, "speak"), (1.0, "speak")])
def test_a_first_word_is_always_allowed_unless_the_share_is_none(share, spoken):
    assert str(decide_again(Situation(ASKED).ask(RoomRule(match="*", share_of_voice=share))).verdict) == spoken


def test_the_first_objection_wins():
    answered_and_broke = Situation(ASKED, since=(ANSWER,), replies=4, usd=9.0)
    assert decide_again(answered_and_broke.ask(RoomRule(match="*", join="unanswered"))).reason == "someone_answered"
