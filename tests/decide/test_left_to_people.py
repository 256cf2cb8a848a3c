"""Something painful that is said beside a post: nothing uncalled is said there any more."""

from typing import Any

import pytest

from bot.config.room_rule import Join
from bot.config.settings import Limits
from bot.types import Message
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import comment, post


def evening(join: Join, **keys: Any) -> Evening:
    return Evening(rule_of(join, **keys), Limits())


@pytest.mark.parametrize(
    ("join", "pain"),
    [
        ("unanswered", comment("c", "p", "Ana", "i want to kill myself", 1)),
        ("every_post", comment("c", "p", "Ana", "i want to kill myself", 1)),
        ("every_post", comment("c", "p", "Ben", "my dog died", 1)),
    ],
)
def test_pain_in_a_thread_leaves_its_post_to_people(join: Join, pain: Message) -> None:
    room = evening(join, hold_minutes=10)
    room.hear(post("p", "Ana", "could somebody tell me where to buy good flour?"), pain)
    assert room.story()["p"] == ("stopped", "meant_for_others")


@pytest.mark.parametrize("join", ["unanswered", "every_post"])
def test_pain_leaves_all_that_its_author_asked_before_to_people(join: Join) -> None:
    room = evening(join, hold_minutes=10)
    room.hear(post("p", "Ana", "does it rise in a cold room?"), post("q", "Ben", "and does rye rise?", 1))
    room.hear(post("r", "Ana", "my dog died last night", 2))
    assert room.story()["p"] == ("stopped", "meant_for_others")
    assert room.story()["q"][0] == "waiting", "somebody else's post is no business of that"


def test_calls_are_answered_beside_it() -> None:
    room = evening("unanswered", hold_minutes=10)
    room.hear(post("p", "Ana", "@mochi does it rise?"), post("r", "Ana", "my dog died last night", 1))
    assert room.story()["p"] == ("due", "addressed")
