"""A person in danger who calls us: the gates, the order of the burst, and the hour after it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.decide.care import BEYOND_LIMITS, CARE, Care, CareHour
from bot.decide.floor import Floor
from bot.decide.room import Past
from bot.language.danger import InDanger
from bot.language.packs import MessageKind
from bot.types import Message, Part, PartKind, State, Turn, Verdict
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.shipped import reference
from tests.fakes.talk import BOT, at, comment, post

IN_DANGER = post("m", "Ana", "I want to kill myself tonight")
NO_REPLIES = Limits(replies_per_member_hour=0, replies_per_room_hour=0, replies_per_community_hour=0, usd_per_day=0)
HOUR = CARE.total_seconds()


def called(message: Message) -> Message:
    return replace(message, addressed=True)


def hear(floor: Floor, message: Message) -> Turn:
    return floor.hear(message, message.heard)[-1]


def nothing() -> frozenset[MessageKind]:
    return frozenset()


def distress() -> frozenset[MessageKind]:
    return frozenset({MessageKind.DISTRESS})


@pytest.mark.parametrize("rule", [rule_of("mentions"), rule_of(quiet_hours="00:00-23:59"), rule_of("every_post")])
def test_a_call_in_danger_is_answered_at_once_whatever_the_limits_and_quiet_hours(rule: object) -> None:
    floor = floor_of(rule, Budget(NO_REPLIES))  # type: ignore[arg-type]
    turn = hear(floor, called(IN_DANGER))
    assert (turn.state, turn.decision.reason, turn.sign) == (State.DUE, "addressed", "")
    assert turn.decision.due == IN_DANGER.heard
    assert floor.care(called(IN_DANGER)) == Care(InDanger.OWN, "en")
    other = hear(floor, called(comment("x", "m", "Ben", "how long does it rise?", 10)))
    assert other.decision.reason == "member_limit", "limits hold for everybody else"


def test_what_is_kept_of_it_says_nothing_about_danger() -> None:
    turn = hear(floor_of(rule_of("mentions"), explains=True), called(IN_DANGER))
    ordinary = hear(floor_of(rule_of("mentions"), explains=True), called(post("m", "Ana", "how long does it rise?")))
    assert turn == ordinary


def test_uncalled_it_stays_silent() -> None:
    turn = hear(floor_of(rule_of("every_post")), IN_DANGER)
    assert turn.decision.verdict is Verdict.SILENT


def test_bots_and_history_are_not_cared_for() -> None:
    floor = floor_of(rule_of("every_post"))
    assert hear(floor, called(post("m", BOT, IN_DANGER.text))).decision.reason == "from_bot"
    floor.hear(replace(called(IN_DANGER), id="h", history=True), at(0))
    assert floor.state.care.until(at(1)) is None


@pytest.mark.parametrize(("minutes_late", "reason"), [(16, "addressed"), (59, "addressed"), (61, "too_old")])
def test_it_may_come_later_than_an_answer_but_within_the_hour(minutes_late: int, reason: str) -> None:
    late = replace(called(IN_DANGER), at=IN_DANGER.heard - timedelta(minutes=minutes_late))
    assert hear(floor_of(rule_of("mentions")), late).decision.reason == reason


def test_the_title_of_a_post_counts_and_quotes_and_code_do_not() -> None:
    care = CareHour(reference().dangers)
    titled = replace(post("m", "Ana", "help"), parts=(Part(PartKind.TITLE, IN_DANGER.text),))
    assert care.needed(called(titled), nothing)
    for text in (f"> {IN_DANGER.text}\nwho said this?", f"`{IN_DANGER.text}`"):
        assert care.needed(called(post("m", "Ana", text)), nothing) is None


# --- bursts --------------------------------------------------------------------------------------


def test_a_later_message_of_the_burst_does_not_swallow_it() -> None:
    floor = floor_of(rule_of("mentions"))
    hear(floor, called(IN_DANGER))
    turns = floor.hear(called(comment("n", "m", "Ana", "are you there?", 1)), at(1))
    assert [turn.trigger for turn in turns] == ["n"], "the first turn is not merged into the second"


def test_it_takes_in_the_earlier_messages_of_its_burst() -> None:
    floor = floor_of(rule_of("mentions"))
    hear(floor, called(post("p", "Ana", "hello?")))
    ended, turn = floor.hear(called(comment("m", "p", "Ana", IN_DANGER.text, 1)), at(1))
    assert (ended.state, turn.decision.due) == (State.MERGED, at(1))


# --- the hour after it ---------------------------------------------------------------------------


def test_for_an_hour_nothing_uncalled_is_said_there() -> None:
    floor = floor_of(rule_of("every_post", share_of_voice=1.0))
    hear(floor, called(IN_DANGER))
    waiting = hear(floor, post("q", "Ben", "does rye rise?", 60))
    ticked = floor.tick(waiting.id, at(120))
    assert ticked and (ticked.state, ticked.decision.reason) == (State.WAITING, "holding")
    assert ticked.decision.due == IN_DANGER.heard + CARE
    later = floor.tick(waiting.id, IN_DANGER.heard + CARE)
    assert later and later.state is State.DUE


def test_the_hour_survives_a_restart_because_it_follows_from_the_messages() -> None:
    before, after = floor_of(rule_of("mentions")), floor_of(rule_of("mentions"))
    hear(before, called(IN_DANGER))
    after.restore(Past(messages=(called(IN_DANGER),)), ())
    assert after.state.care.until(at(60)) == before.state.care.until(at(60)) == IN_DANGER.heard + CARE
    assert after.state.care.until(IN_DANGER.heard + CARE) is None


@pytest.mark.parametrize(
    ("seconds", "text", "kinds", "expected"),
    [
        (60, "I want to die", nothing, Care(InDanger.OWN, "en", again=True)),
        (60, "nobody would even notice", distress, Care(InDanger.OWN, "en", again=True)),
        (60, "my friend wants to kill herself", nothing, Care(InDanger.FRIEND, "en", again=True)),
        (60, "how long does rye rise?", nothing, None),
        (HOUR + 1, "I want to die", nothing, Care(InDanger.OWN, "en")),
        (HOUR + 1, "nobody would even notice", distress, None),
    ],
)
def test_a_call_by_the_same_person(seconds: float, text: str, kinds: object, expected: Care | None) -> None:
    care = CareHour(reference().dangers)
    care.hear(called(IN_DANGER))
    follow_up = called(post("n", "Ana", text, seconds))
    care.hear(follow_up)
    assert care.needed(follow_up, kinds) == expected  # type: ignore[arg-type]


def test_painful_words_of_somebody_else_are_no_follow_up() -> None:
    care = CareHour(reference().dangers)
    care.hear(called(IN_DANGER))
    assert care.needed(called(post("n", "Ben", "nobody would even notice", 60)), distress) is None


def test_a_flood_of_such_calls_is_limited() -> None:
    floor = floor_of(rule_of("mentions"), Budget(NO_REPLIES))
    reasons = [
        hear(floor, called(post(f"m{n}", "Ana", f"{IN_DANGER.text} {n}", n * 10))).decision.reason
        for n in range(BEYOND_LIMITS + 2)
    ]
    assert reasons == ["addressed"] * BEYOND_LIMITS + ["member_limit"] * 2
