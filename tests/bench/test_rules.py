"""The simple rules that Cameo is measured against do what they say."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from bot.measure.lines import Shape
from bot.types import Message
from tests.bench.curves import Curve, Point, beaten
from tests.bench.rules import Speech, after_a_hold, anybody_writes, asker_is_mentioned, dice, mentioned_or_soon
from tests.measure.community import BEGIN, row

SHAPE = Shape()
SOON = mentioned_or_soon(1.0)
QUESTION = row("q", "ana", "does it rise?")
LINE = row("m", "ben", "hm", 60)
LATER = row("m", "ben", "hm", 200)
TO_HER = row("m", "ben", "it does", 200, mentions=["ana"])
TO_EVE = row("m", "ben", "it does", 60, mentions=["eve"])


def speeches(say: Callable[[Sequence[Message]], Iterator[Speech]], *rows: dict[str, Any]) -> list[tuple[float, str]]:
    """(seconds after noon, trigger) pairs."""
    messages = [SHAPE.message(one) for one in rows]
    return [(moment - BEGIN.timestamp(), trigger.id) for moment, trigger in say(messages)]


@pytest.mark.parametrize(
    ("answers", "next_one", "speaks"),
    [
        (anybody_writes, None, True),
        (anybody_writes, LATER, False),
        (anybody_writes, row("m", "ana", "hm", 60), True),
        (anybody_writes, row("m", "bot", "hm", 60, bot=True), True),
        (anybody_writes, row("m", "ben", "hm", 301), True),
        (anybody_writes, row("m", "ben", "hm", 300), False),
        (asker_is_mentioned, LATER, True),
        (asker_is_mentioned, TO_HER, False),
        (asker_is_mentioned, TO_EVE, True),
        (SOON, LINE, False),
        (SOON, LATER, True),
        (SOON, TO_HER, False),
        (SOON, TO_EVE, True),
    ],
)
def test_a_hold_is_over_unless_something_has_answered(
    answers: Callable[[Message, Message], bool], next_one: dict[str, Any] | None, speaks: bool
) -> None:
    rows = [QUESTION] if next_one is None else [QUESTION, next_one]
    found = speeches(lambda messages: after_a_hold(messages, 300.0, answers), *rows)
    assert found == ([(300.0, "q")] if speaks else [])


@pytest.mark.parametrize("more", [{"text": "it does"}, {"text": "`?`"}, {"mentions": ["ben"]}, {"bot": True}])
def test_only_an_open_question_is_waited_for(more: dict[str, bool | list[str] | str]) -> None:
    assert speeches(lambda messages: after_a_hold(messages, 300.0, anybody_writes), QUESTION | more) == []


def test_dice_fall_by_chance_and_the_same_way_again() -> None:
    rows = [row(f"m{number}", seconds=number) for number in range(1000)]
    found = speeches(lambda messages: dice(messages, 0.2), *rows)
    assert found == speeches(lambda messages: dice(messages, 0.2), *rows)
    assert 150 < len(found) < 250
    assert all(trigger == f"m{moment:.0f}" for moment, trigger in found)


def point(coverage: float, useful: float, said: int = 100) -> Point:
    return Point("", {"coverage": coverage, "useful": useful, "said": said})


@pytest.mark.parametrize(
    ("coverage", "useful", "said"),
    [
        (0.4, 0.69, "BEATEN"),
        (0.4, 0.71, "NOT beaten (70%)"),
        (0.2, 0.79, "BEATEN"),
        (0.7, 0.1, "NOT reached"),
    ],
)
def test_a_rule_is_beaten_by_who_is_more_useful_where_they_cover_as_much(
    coverage: float, useful: float, said: str
) -> None:
    ours = [Curve("ours", [point(0.2, 0.8), point(0.6, 0.6)]), Curve("ours, worse", [point(0.5, 0.3)])]
    assert beaten(point(coverage, useful), ours) == said
    assert beaten(point(coverage, useful, said=3), ours) == "too few to tell"
