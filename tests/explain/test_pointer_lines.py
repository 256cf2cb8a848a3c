"""How a pointer is explained: why it pointed, at what, how sure it was, and that no model was asked."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.explain.chain import chain, sentence
from bot.explain.member_steps import member_steps
from bot.explain.words import LANGUAGES
from bot.types import Decision, Room, State, Thread, Turn, Usage, Verdict
from tests.fakes.shipped import shipped_words

WORDS = shipped_words()


def turn(score: float | None, points_at: str, because: str = "no_model", **more: Any) -> Turn:
    facts = {"pointer": {"score": score, "least": 0.62, "because": because}}
    said = Turn(
        "t", Thread(Room("local", "home", "kitchen")), "m1", "id-ana", "mochi",
        Decision(Verdict.SPEAK, "addressed", facts=facts), State.SENT, datetime(2026, 3, 1, tzinfo=UTC),
        addressed=True, text="...", model="pointer", points_at=points_at,
    )  # fmt: skip
    return replace(said, **more)


def lines(of: Turn, language: str = "en") -> str:
    return "\n".join(line.text for line in chain(of, WORDS, language))


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (turn(0.91, "m7"), "no model was there, so it pointed at message m7: 91 % sure, 62 % is enough"),
        (turn(0.91, "m7", "models_failed"), "no model could write, so it pointed at message m7"),
        (turn(0.7, "m7", "budget"), "the day's money was used up, so it pointed at message m7"),
        (turn(0.91, ""), "pointed at a message that is no longer kept: 91 % sure"),
        (turn(None, ""), "no model was there, and nothing said here was good enough to point at: 62 % is needed"),
    ],
)
def test_it_says_at_what_and_how_sure(of: Turn, told: str) -> None:
    assert told in lines(of)
    assert "no model was asked" in lines(of)


def test_what_models_cost_that_gave_no_answer_is_theirs() -> None:
    text = lines(turn(0.91, "m7", "models_failed", usage=Usage(1200, 0, 30, 0.002)))
    assert "the models that gave no answer: 1,200 tokens read (0 from the cache), 30 written, $0.0020" in text
    assert "no model was asked" not in text and "pointer: 1,200" not in text


def test_the_reason_stays_that_of_the_call() -> None:
    assert sentence(turn(0.91, "m7", "models_failed"), WORDS, "member") == "I was called, so I answered."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("because", ["no_model", "models_failed", "budget"])
def test_every_cause_has_its_words(language: str, because: str) -> None:
    assert all("pointer" not in text for text in lines(turn(0.5, "m7", because), language).splitlines())


def test_a_fact_of_another_version_is_shown_raw() -> None:
    odd = turn(0.5, "m7")
    assert '"other": 1' in lines(replace(odd, decision=replace(odd.decision, facts={"pointer": {"other": 1}})))


@pytest.mark.parametrize(("points_at", "told"), [("m7", "it points at what was said here"), ("", "found nothing here")])
def test_members_read_that_no_model_wrote_it(points_at: str, told: str) -> None:
    last = member_steps(turn(0.9, points_at), "m1", WORDS)[-1]
    assert told in last.text and last.message == points_at
