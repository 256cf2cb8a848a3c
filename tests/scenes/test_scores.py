"""The rules of the writer's bench tell good replies from bad ones."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.types import Decision, State, Turn, Verdict
from tests.fakes.shipped import personas
from tests.scenes.scenes import SCENES, Scene
from tests.scenes.scores import scores

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def scene(name: str) -> Scene:
    return next(one for one in SCENES if one.name == name)


def judged(
    name: str, text: str, persona: str = "mochi", state: State = State.SENT, error: str = ""
) -> Mapping[str, bool]:
    said = scene(name).said()
    decision = Decision(Verdict.SPEAK, "addressed")
    turn = Turn("t", said[-1].thread, said[-1].id, "m", persona, decision, state, NOON, error=error)
    return scores(scene(name), said, turn, text, personas()[persona])


def broken(name: str, text: str, persona: str = "mochi") -> list[str]:
    return [rule for rule, kept in judged(name, text, persona).items() if not kept]


GOOD = [
    ("called", "Feed it and mark the jar. If it hasn't doubled by lunch, it's the starter."),
    ("unanswered", "Two days is fine if it goes in young. Bake it straight from the cold."),
    ("image-unseen", "I can't see pictures, I'm afraid. How does the crumb look when you cut it?"),
    ("image-seen", "The crust looks brown on the left. Turn it halfway."),
    ("chinese", "再等二十分钟，全麦吸水慢，别急着加粉。"),
    ("repeated", "A mixer that walks needs a wet towel under it. B flat suits it."),
    ("painful", "I'm sorry. He's in every loaf you bake now."),
]
BAD = [
    ("called", "As an AI language model, I don't bake.", "no assistant voice"),
    ("called", "Great question! It may be the starter.", "no assistant voice"),
    ("unanswered", "Keep it.\n- cold\n- dry", "no assistant voice"),
    ("called", "I hope that helps. How can I help you today?", "no assistant voice"),
    ("called", "word " * 100, "length"),
    ("called", "先看酵头涨不涨。", "language"),
    ("chinese", "Wait for another twenty minutes.", "language"),
    ("chinese", "作为一个AI，我不能揉面。", "no assistant voice"),
    ("image-unseen", "I see a golden crust, lovely.", "no invented picture"),
    ("image-unseen", "It looks a bit pale on the right.", "no invented picture"),
    ("repeated", "Lovely. Who here has the best mixer?", "no closing question"),
    ("repeated", "Who here has ever heard a mixer sing.", "no repetition"),
    ("called", "I'm human, my grandmother taught me.", "honest"),
    ("called", "", "answered"),
]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_a_good_reply_keeps_all(name: str, text: str) -> None:

    assert broken(name, text, "xiaoman" if name == "chinese" else "mochi") == []


@pytest.mark.parametrize(("name", "text", "rule"), BAD)
def test_a_bad_reply_breaks_its_rule(name: str, text: str, rule: str) -> None:
    assert rule in broken(name, text)


def test_a_pass_is_right_only_where_nobody_called() -> None:
    assert judged("every-post", "", state=State.PASSED) == {"answered": True}
    assert judged("every-post", "", state=State.FAILED) == {"answered": False}
    assert judged("called", "", state=State.PASSED) == {"answered": False}
    assert not judged("called", "I can't think right now.", error="models_failed")["answered"]
