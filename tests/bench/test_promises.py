"""A policy that breaks a promise is caught, and one that keeps it is not."""

from typing import Any

import pytest

from bot.measure.lines import Shape
from tests.bench.judged import Said, judge, of_group
from tests.bench.promises import (
    DAY,
    Word,
    differ_before,
    more_than_once,
    standing,
    too_loud_in_a_day,
    too_loud_in_the_last,
    two_in_a_row,
)
from tests.bench.variants import PARTS, Variant, joined, repeated, stretched, thinned
from tests.measure.by_hand import outcomes
from tests.measure.community import community, row, truth_of

SHAPE = Shape()


def said(id: str, seconds: float, **more: Any) -> Said:
    message = SHAPE.message(row(id, seconds=seconds, **more))
    return Said(message, True, "unanswered", message.at.timestamp())


def words(pattern: str, gap: float = 1.0) -> list[Word]:
    """One message every `gap` seconds: o is ours and unprompted; anything else is another's."""
    return [Word(number * gap, None, mark == "o", mark == "o") for number, mark in enumerate(pattern)]


@pytest.mark.parametrize(("pattern", "count"), [("....oo", 1), ("..o.o.", 0), ("ooo", 2), ("", 0)])
def test_two_in_a_row_are_counted(pattern: str, count: int) -> None:
    assert two_in_a_row(words(pattern)) == count


def test_two_in_two_threads_are_not_in_a_row() -> None:
    assert two_in_a_row([Word(0, "a", True, True), Word(1, "b", True, True), Word(2, "a", True, True)]) == 1


@pytest.mark.parametrize(
    ("pattern", "share", "count"),
    [
        ("o", 0.2, 0),  # a first message, while fewer than fifty were said
        (".o.o", 0.2, 1),
        ("." * 40 + "o" * 10, 0.2, 0),
        ("." * 40 + "o" * 11, 0.2, 1),
        ("." * 60 + "o", 0.01, 1),
        ("." * 60 + "o", 0.0, 1),
        ("o", 0.0, 1),
    ],
)
def test_too_loud_in_the_last_fifty_is_counted_whenever_we_speak(pattern: str, share: float, count: int) -> None:
    assert too_loud_in_the_last(words(pattern), share) == count


def test_the_day_slides_so_that_others_words_fall_out_of_it_too() -> None:
    """Never above a fifth in any fifty; but once the first forty are a day old, 20 of the remaining 60 are ours."""
    day = words("." * 40 + "o" * 10 + "." * 40 + "o" * 10)
    assert too_loud_in_the_last(day, 0.2) == too_loud_in_a_day(day, 0.2) == 0
    assert too_loud_in_a_day([*day, Word(45 + DAY, None, False)], 0.2) > 0
    assert too_loud_in_a_day(words("o" + "." * 48 + "o"), 0.03) == 1
    assert too_loud_in_a_day(words("o" + "." * 47 + "o"), 0.03) == 0  # forty-nine are too few to tell


def test_what_happens_at_a_moment_comes_before_what_we_say_then() -> None:
    trigger, other = said("p", 0), SHAPE.message(row("q", "ben", seconds=0))
    assert [word.is_ours for word in standing([trigger.trigger, other], [trigger])] == [False, False, True]


def test_a_second_word_in_a_thread_is_counted() -> None:
    assert more_than_once([said("p", 0, thread="p"), said("c", 1, thread="p"), said("x", 2), said("y", 3)]) == 1


def test_a_decision_that_saw_the_future_is_counted() -> None:
    early, late = said("p", 0), said("q", 100)
    cut = early.moment + 50
    assert differ_before([early, late], [early], cut) == 0
    assert differ_before([early, late], [], cut) == 1


@pytest.mark.parametrize("seed", range(3))
def test_what_became_of_words_is_what_is_worked_out_by_hand(seed: int) -> None:
    rows = community(seed)
    variant = Variant("made up", tuple(rows), stretch=2.0)
    by_id = {message.id: message for message in variant.messages}
    turns = [
        {"trigger": one["id"], "decision": "speak", "at": one["at"]}
        for one in rows[::7]
        if "cameo" not in one["mentions"]
    ]
    truth = {one["id"]: (one["conversation"], one["scored"]) for one in truth_of(rows)}
    words = [(by_id[turn["trigger"]].at.timestamp(), by_id[turn["trigger"]]) for turn in turns]
    expected = outcomes(rows, truth_of(rows), turns, variant.horizon)
    assert expected["all"]["eligible"] > 50
    for group, figures in expected.items():
        found = of_group(judge(variant, truth, words), group)
        assert {name: found[name] for name in figures} == figures


def test_other_shapes_of_the_same_talk_keep_its_order_and_its_words() -> None:
    rows = tuple(row(f"{room}{n}", room=room, seconds=n * 10) for room in "ab" for n in range(3))
    slow = stretched(Variant("talk", rows), 10.0)
    assert [one.at.timestamp() - slow.messages[0].at.timestamp() for one in slow.messages] == [0, 0, 100, 100, 200, 200]
    one_room = joined(Variant("talk", rows)).messages
    assert [one.id for one in one_room] == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert (one_room[3].at - one_room[2].at).total_seconds() == DAY
    thin = joined(thinned(Variant("talk", rows), {one["id"]: (one["id"], True) for one in rows}))
    assert {one.id for one in thin.messages} == {one["id"] for one in rows}
    assert {thin.place(window) for window in thin.windows} <= {f"everybody #{part}" for part in range(PARTS)}
    again = list(repeated(rows, 13))
    assert len({one["id"] for one in again}) == 13
    assert [one["at"] for one in again][6] > again[5]["at"]
