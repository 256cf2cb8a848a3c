"""Each rule with a hit and a near miss, as a table: what was said, and when."""

from dataclasses import replace

import pytest

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits
from bot.decide import gates
from bot.decide.gates import AFTER_A_HOLD, IMMEDIATE_GATES, WANTS_AN_ANSWER
from bot.decide.posts import USUAL
from bot.decide.room import KNOWN_AFTER, ONCE
from bot.types import Message, Part, PartKind
from tests.fakes.floors import rule_of
from tests.fakes.situation import ANSWER, ASKED, ASKED_IN_TIMELINE, BEN, OURS, STATED, Situation, called, talk
from tests.fakes.talk import BOT, US, at, comment, line, post

UNANSWERED, ALL = rule_of(share_of_voice=0.5), rule_of(posts="all", share_of_voice=0.5)
INTRODUCED = post("m", "Ana", "hi all, I'm Ana from Leeds, I bake rye")
GERMAN_TALK = tuple(line(f"g{n}", "Ben", "das Brot ist gut geworden", n - 99) for n in range(3))


def raid_by(*people: str) -> tuple[Message, ...]:
    return tuple(
        line(f"r{number}", name, f"free nitro for the first {number} at https://gift.example/{number}", number - 60)
        for number, name in enumerate(people)
    )


ANA_IS_QUIET, BEN_IS_QUIET = frozenset({"id-ana"}), frozenset({"id-ben"})
TOLD = replace(line("h", "Ben", "@mochi be quiet", -60), addressed=True)
AT_TWICE_THE_RISK = rule_of(share_of_voice=0.5, displacement_risk=2 * USUAL)
EVERY = rule_of("every_post", share_of_voice=0.5)
FIFTH = rule_of(share_of_voice=0.2)
WE_ANSWERED_ANA = (line("a", "Ana", "when does bread rise?", -1999), line("o", US, "soon", -1998, reply_to="a"))
MAY_GO_ON = (*WE_ANSWERED_ANA, line("b", "Ben", "it is a long story, you see", -60))  # ANOTHER opens with 0.33
ANOTHER = line("m", "Ana", "which oven should I buy for a small kitchen?")

# --- each rule ----------------------------------------------------------------------------------

GATES: dict[str, list[tuple[RoomRule, Situation, Situation | tuple[RoomRule, Situation]]]] = {
    # rule: (the room's rule, what it objects to, what it lets pass), once per way to hit it
    "joins_only_when_called": [
        (rule_of("mentions"), Situation(ASKED), (UNANSWERED, Situation(ASKED))),
        (rule_of("off"), Situation(ASKED), (UNANSWERED, Situation(ASKED))),
    ],
    "is_raided": [
        *[
            (every, Situation(ASKED, raid_by("Ben", "Eve", "Lea")), Situation(ASKED, raid_by("Ben", "Eve")))
            for every in (UNANSWERED, ALL, EVERY)
        ],
        (UNANSWERED, Situation(ASKED, raid_by("Ben", "Ben", "Ben")), Situation(ASKED, raid_by("Ben", "Ben", "Eve"))),
        (UNANSWERED, Situation(ASKED, since=raid_by("Ben", "Eve", "Lea")), Situation(ASKED)),
    ],
    "is_for_others": [
        (UNANSWERED, Situation(post("m", "Ana", "yours?", mentions=("id-ben",))), Situation(ASKED)),
        (
            UNANSWERED,
            Situation(post("m", "Ana", "yours?", mentions=("id-ben",))),
            Situation(post("m", "Ana", "mine?", mentions=("id-ana",))),
        ),
        (
            UNANSWERED,
            Situation(post("m", "Ana", "Ben: is it yours?"), (BEN,)),
            Situation(post("m", "Ana", "Edit: is it yours?"), (BEN,)),
        ),
        (
            UNANSWERED,
            Situation(post("m", "Ana", "@Ben, is it yours?"), (BEN,)),
            Situation(post("m", "Ana", "is it yours, or Ben: his?"), (BEN,)),
        ),
        (
            ALL,
            Situation(line("m", "Ana", "yours?", mentions=("id-ben",))),
            Situation(post("m", "Ana", "yours?", mentions=("id-ben",))),
        ),
        (
            ALL,
            Situation(comment("m", "p", "Ana", "yours?", mentions=("id-ben",)), (comment("b", "p", "Ben", "so", -9),)),
            Situation(comment("m", "p", "Ana", "yours?"), (comment("b", "p", "Ben", "so", -9),)),
        ),
    ],
    "is_no_post": [
        (
            ALL,
            Situation(comment("m", "p", "Ana", "really?"), (comment("b", "p", "Ben", "so", -9),)),
            Situation(comment("m", "p", "Ana", "really?"), (comment("b", "q", "Ben", "so", -9),)),
        ),
        (UNANSWERED, Situation(comment("m", "p", "Ana", "really?")), Situation(ASKED)),
        (UNANSWERED, Situation(line("m", "Ana", "really?", reply_to="x")), Situation(ASKED_IN_TIMELINE)),
        (
            UNANSWERED,
            Situation(line("m", "Ana", "it was in the oven too", 1), (line("b", "Ana", "I forgot my bread", 0.5),)),
            Situation(line("m", "Ana", "does it rise?", 900), (line("b", "Ben", "it is what it is"),)),
        ),
        (
            EVERY,
            Situation(line("m", "Ana", "and another", 2), (line("b", "Ana", "a loaf"),)),
            Situation(line("m", "Ana", "and another", 2.1), (line("b", "Ana", "a loaf"),)),
        ),
        (
            EVERY,
            Situation(line("m", "Ana", "and another", 1), (line("b", "Ana", "a loaf"),)),
            Situation(line("m", "Ana", "and another", 1), (line("b", "Ana", "a loaf"), line("c", "Ben", "hm", 0.5))),
        ),
    ],
    "is_for_bots": [
        (UNANSWERED, Situation(post("m", "Ana", "!roll 2d6")), Situation(post("m", "Ana", "does !roll work?"))),
        (UNANSWERED, Situation(post("m", "Ana", "!roll 2d6")), (ALL, Situation(post("m", "Ana", "!roll 2d6")))),
        (EVERY, Situation(post("m", "Ana", "!roll 2d6")), Situation(STATED)),
    ],
    "is_moderation": [
        (
            UNANSWERED,
            Situation(post("m", "Ana", "please keep this channel on topic, ok?")),
            Situation(post("m", "Ana", "which channel is this topic for?")),
        )
    ],
    "is_painful": [
        (
            every,
            Situation(post("m", "Ana", "my dog died last night, what now?")),
            Situation(post("m", "Ana", "my battery died last night, what now?")),
        )
        for every in (UNANSWERED, ALL, EVERY)
    ],
    "is_unread": [
        *[
            (every, Situation(post("m", "Ana", "weiß jemand, wie das geht?")), Situation(ASKED))
            for every in (UNANSWERED, ALL, EVERY)
        ],
        (
            UNANSWERED,
            Situation(post("m", "Ana", "weiß jemand, wie das geht?")),
            (rule_of(judge="small"), Situation(post("m", "Ana", "weiß jemand, wie das geht?"))),
        ),
        (UNANSWERED, Situation(post("m", "Ana", "any rye?"), GERMAN_TALK), Situation(post("m", "Ana", "any rye?"))),
        (UNANSWERED, Situation(post("m", "Ana", "any rye?"), GERMAN_TALK), Situation(ASKED, GERMAN_TALK)),
        (
            UNANSWERED,
            Situation(post("m", "Ana", "why?", parts=(Part(PartKind.TITLE, "ich kann nicht mehr"),))),
            Situation(post("m", "Ana", "why?", parts=(Part(PartKind.TITLE, "my oven is cold"),))),
        ),
        (
            ALL,
            Situation(post("m", "Ana", "死にたい"), GERMAN_TALK),
            Situation(post("m", "Ana", "🎉 42 `x`"), GERMAN_TALK),
        ),
    ],
    "is_not_inviting": [
        (UNANSWERED, Situation(STATED), (ALL, Situation(STATED))),
        (UNANSWERED, Situation(STATED), (EVERY, Situation(STATED))),
        *[
            (UNANSWERED, Situation(post("m", "Ana", text)), Situation(post("m", "Ana", invites)))
            for text, invites in {
                "good morning": "good morning, does it rise?",
                "thanks!": "thanks! please help me with the rye",
                "https://example.org/": "hi, I'm new here",
                "the dough is wet": "I made a lamp this weekend",
            }.items()
        ],
        (UNANSWERED, Situation(STATED), Situation(replace(STATED, parts=(Part(PartKind.IMAGE, name="loaf.png"),)))),
        (
            UNANSWERED,
            Situation(comment("m", "p", "Ana", "it rises")),
            Situation(replace(STATED, parts=(Part(PartKind.IMAGE, name="loaf.png"),))),
        ),
        # An introduction by a first-time author in a room that we know.
        (UNANSWERED, Situation(INTRODUCED, talk(KNOWN_AFTER - 1)), Situation(INTRODUCED, talk(KNOWN_AFTER))),
        (
            UNANSWERED,
            Situation(INTRODUCED, (line("a", "Ana", "hm", -999), *talk(KNOWN_AFTER))),
            Situation(INTRODUCED, talk(KNOWN_AFTER)),
        ),
        *[
            (UNANSWERED, Situation(post("m", "Ana", text), talk(KNOWN_AFTER)), Situation(INTRODUCED, talk(KNOWN_AFTER)))
            for text in ("good morning", STATED.text, "the rye is on the shelf, as you said", "hi all")
        ],
    ],
    "was_posted_before": [
        (
            every,
            Situation(ANOTHER, (replace(ANOTHER, id="before", at=at(-60), heard=at(-60)),)),
            Situation(ANOTHER, (line("before", "Ben", ANOTHER.text, -60),)),
        )
        for every in (UNANSWERED, ALL, EVERY)
    ],
    "has_spoken_here": [
        (UNANSWERED, Situation(ASKED, since=(OURS,)), Situation(ASKED, before=talk(9, ours=1))),
        (
            UNANSWERED,
            Situation(ASKED, since=(OURS,)),
            Situation(ASKED, since=(called(comment("c", "m", "Ben", "@mochi?")), replace(OURS, reply_to="c"))),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, WE_ANSWERED_ANA),
            Situation(ASKED_IN_TIMELINE, (line("a", "Ben", "hm?", -99), line("o", US, "so", -98, reply_to="a"))),
        ),
        (UNANSWERED, Situation(ASKED_IN_TIMELINE, WE_ANSWERED_ANA), Situation(ANOTHER, WE_ANSWERED_ANA)),
        (
            UNANSWERED,
            Situation(replace(ANOTHER, text="any other ideas?"), WE_ANSWERED_ANA),
            Situation(ANOTHER, WE_ANSWERED_ANA),
        ),
        (
            UNANSWERED,
            Situation(replace(ANOTHER, text="and my bread from yesterday, when does it rise?"), WE_ANSWERED_ANA),
            Situation(ANOTHER, WE_ANSWERED_ANA),
        ),
        (
            UNANSWERED,
            Situation(ANOTHER, (*WE_ANSWERED_ANA, line("b", "Ana", "it is a long story, you see", -1))),
            Situation(ANOTHER, WE_ANSWERED_ANA),
        ),
        (UNANSWERED, Situation(ANOTHER, MAY_GO_ON), (AT_TWICE_THE_RISK, Situation(ANOTHER, MAY_GO_ON))),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, (*WE_ANSWERED_ANA, *talk(ONCE - 2))),
            Situation(ASKED_IN_TIMELINE, (*WE_ANSWERED_ANA, *talk(ONCE - 1))),
        ),
        (
            AT_TWICE_THE_RISK,
            Situation(ASKED_IN_TIMELINE, (*WE_ANSWERED_ANA, *talk(ONCE // 2 - 2))),
            Situation(ASKED_IN_TIMELINE, (*WE_ANSWERED_ANA, *talk(ONCE // 2 - 1))),
        ),
    ],
    "is_left_out": [
        (rule_of(coverage=0.25), Situation(ASKED, lot=0.25), Situation(ASKED, lot=0.2499)),
        (rule_of(coverage=0.0), Situation(ASKED, lot=0.0), (rule_of(coverage=1.0), Situation(ASKED, lot=0.9999))),
    ],
    "was_answered": [
        (UNANSWERED, Situation(ASKED, since=(ANSWER,)), Situation(ASKED)),
        (
            UNANSWERED,
            Situation(ASKED, since=(line("a", "Ben", "yes", 1, reply_to="m"),)),
            Situation(ASKED, since=(line("a", "Ben", "yes", 1, reply_to="other"),)),
        ),
        (UNANSWERED, Situation(ASKED, since=(ANSWER,)), Situation(ASKED, since=(replace(ANSWER, author=BOT),))),
        (
            UNANSWERED,
            Situation(ASKED, since=(ANSWER,)),
            Situation(ASKED, since=(replace(ANSWER, author=ASKED.author),)),
        ),
        (UNANSWERED, Situation(ASKED, since=(ANSWER,)), Situation(ASKED, since=(replace(ANSWER, author=US),))),
        (
            UNANSWERED,
            Situation(ASKED, since=(ANSWER,)),
            Situation(ASKED, since=(comment("a", "other", "Ben", "mine does", 1),)),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, since=(line("a", "Ben", "yes, mine does", 20),)),
            Situation(ASKED_IN_TIMELINE, since=(line("a", "Ana", "mine does", 20),)),
        ),
    ],
    "has_moved_on": [
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, since=tuple(line(f"x{n}", "Ana", "and so on", n) for n in range(202))),
            Situation(ASKED_IN_TIMELINE, since=tuple(line(f"x{n}", "Ana", "and so on", n) for n in range(200))),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, since=tuple(line(f"x{n}", "Ana", "and so on", n) for n in range(202))),
            Situation(ASKED, since=tuple(line(f"x{n}", "Ana", "and so on", n) for n in range(202))),
        ),
    ],
    "would_be_two_in_a_row": [
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, since=(line("o", US, "so it seems", 1, reply_to="earlier"),)),
            Situation(
                ASKED_IN_TIMELINE,
                since=(line("o", US, "so it seems", 1, reply_to="earlier"), line("a", BOT, "sunny", 2)),
            ),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, since=(line("o", US, "so it seems", 1, reply_to="earlier"),)),
            Situation(ASKED_IN_TIMELINE, since=(comment("o", "other", US, "so it seems", 1),)),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, since=(line("o", US, "so it seems", 1, reply_to="earlier"),)),
            Situation(
                ASKED_IN_TIMELINE,
                before=(called(line("c", "Ben", "@mochi?", -1)),),
                since=(line("o", US, "so it seems", 1, reply_to="c"),),
            ),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, underway=1, underway_here=1),
            Situation(ASKED_IN_TIMELINE, underway=1, before=talk(9)),
        ),
    ],
    "is_to_be_left_in_peace": [
        (
            UNANSWERED,
            Situation(ASKED, in_peace=frozenset({"id-ana"})),
            Situation(ASKED, in_peace=frozenset({"id-ben"})),
        ),
        (
            UNANSWERED,
            Situation(comment("m", "p", "Ana", "and how?"), (post("p", "Ben"),), in_peace=frozenset({"id-ben"})),
            Situation(comment("m", "p", "Ana", "and how?"), (post("q", "Ben"),), in_peace=frozenset({"id-ben"})),
        ),
    ],
    "was_told_to_be_quiet": [
        (UNANSWERED, Situation(ASKED_IN_TIMELINE, (TOLD,)), Situation(ASKED, (TOLD,))),
        (
            EVERY,
            Situation(ASKED_IN_TIMELINE, (TOLD,)),
            Situation(ASKED_IN_TIMELINE, (line("h", "Ben", "be quiet", -60),)),
        ),
        (
            UNANSWERED,
            Situation(ASKED_IN_TIMELINE, (TOLD,), seconds=3539),
            Situation(ASKED_IN_TIMELINE, (TOLD,), seconds=3540),
        ),
        (
            UNANSWERED,
            Situation(ASKED, (called(comment("h", "m", "Ben", "@mochi 别说话", -60)),)),
            Situation(ASKED, (called(comment("h", "other", "Ben", "@mochi 别说话", -60)),)),
        ),
    ],
    "says_nothing": [
        *[
            (
                EVERY,
                Situation(post("m", "Ana", text)),
                Situation(post("m", "Ana", text + " and my bread fell off the roof")),
            )
            for text in ("lol", "https://example.org/a", "thanks!", "haha 😂", "ok")
        ],
        (EVERY, Situation(post("m", "Ana", "哈哈哈")), Situation(post("m", "Ana", "哈哈哈这个配方真好用"))),
        (
            EVERY,
            Situation(post("m", "Ana", "hi"), since=(comment("c", "m", "Ana", "lol", 1),)),
            Situation(post("m", "Ana", "hi"), since=(comment("c", "m", "Ana", "my bread fell off the roof", 1),)),
        ),
        (
            EVERY,
            Situation(post("m", "Ana", "lol", parts=(Part(PartKind.STICKER, name="wave"),))),
            Situation(post("m", "Ana", "lol", parts=(Part(PartKind.IMAGE, name="a.png"),))),
        ),
        (EVERY, Situation(post("m", "Ana", "lol")), (UNANSWERED, Situation(post("m", "Ana", "lol")))),
    ],
    "is_too_loud": [
        (FIFTH, Situation(ASKED, talk(7, ours=1)), Situation(ASKED, talk(8, ours=1))),
        (rule_of(share_of_voice=0.0199), Situation(ASKED), (rule_of(share_of_voice=0.02), Situation(ASKED))),
        (FIFTH, Situation(ASKED, talk(10), underway=2), Situation(ASKED, talk(11), underway=2)),
        (rule_of(share_of_voice=0.0), Situation(ASKED, talk(99)), (rule_of(share_of_voice=1.0), Situation(ASKED))),
    ],
    "is_over_a_limit": [(UNANSWERED, Situation(ASKED, replies=4), Situation(ASKED, replies=3))],
    "is_out_of_money": [
        (UNANSWERED, Situation(ASKED, replies=1, usd=2.0), Situation(ASKED, replies=1, usd=1.99)),
        (UNANSWERED, Situation(ASKED, replies=1, usd=2.0), Situation(ASKED, limits=Limits(usd_per_day=0))),
    ],
}


def test_each_rule_stands_in_the_table() -> None:
    rules = {gate.__name__ for gate in (*WANTS_AN_ANSWER, *IMMEDIATE_GATES, *AFTER_A_HOLD)}
    assert rules == set(GATES)


@pytest.mark.parametrize(
    ("gate", "rule", "hit", "miss"),
    [
        pytest.param(name, *row, id=f"{name}, {number}")
        for name, rows in GATES.items()
        for number, row in enumerate(rows, 1)
    ],
)
def test_a_hit_and_a_near_miss(
    gate: str, rule: RoomRule, hit: Situation, miss: Situation | tuple[RoomRule, Situation]
) -> None:
    missed_rule, missed = miss if isinstance(miss, tuple) else (rule, miss)
    objects = getattr(gates, gate)
    assert objects(hit.ask(rule)) is not None
    assert objects(missed.ask(missed_rule)) is None
