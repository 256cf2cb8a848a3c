"""Which questions count as open: asked of everybody, answered by nobody, and fit to be shown."""

from typing import Any

import pytest

from bot.config.settings import Settings
from bot.decide.reference import Reference
from bot.measure.lines import Shape
from bot.measure.open_questions import PLAIN_CHARACTERS, QuestionsHeard, best
from bot.measure.trial_play import RiskRun
from bot.measure.trial_results import FIRST_RISK
from bot.measure.trial_rules import TrialRules
from bot.types import Message
from bot.write.persona import Persona
from tests.fakes.shipped import reference
from tests.measure.community import row

HOUR = 3600.0


@pytest.fixture
def heard(personas: dict[str, Persona]) -> "Heard":
    return Heard(reference(), personas)


class Heard:
    """Replays rows in threads or in a timeline, and then two days of silence with a word at the end of each."""

    def __init__(self, reference: Reference, personas: dict[str, Persona]):
        self._reference, self._personas = reference, personas

    def __call__(self, *rows: dict[str, Any]) -> QuestionsHeard:
        shape, settings = Shape(), Settings()
        quiet = [row(f"end{n}", "zoe", "loaf", (60 + 40 * n) * HOUR, thread=f"end{n}") for n in range(2)]
        messages = [shape.message(one) for one in (*rows, *quiet)]
        questions = QuestionsHeard(self._reference)
        rules = TrialRules.of(settings, self._personas)
        run = RiskRun(FIRST_RISK, rules, settings, self._personas, self._reference)
        run.play(messages, lambda done, number: None, questions)
        return questions


def ids(questions: QuestionsHeard) -> list[str]:
    return [one.id for one in questions.unanswered()]


@pytest.mark.parametrize(
    "text",
    [
        "does anyone know why my starter smells of paint?",
        "How long does dough keep in the fridge before it goes bad?",
        "有人知道为什么我的酵头有油漆味吗？",
        "请问面团在冰箱里能放多久？",
    ],
)
def test_a_question_to_everybody_is_found(heard: Heard, text: str) -> None:
    found = heard(row("q", "ana", text, 0, thread="q"))
    assert ids(found) == ["q"] and found.asked == 1


@pytest.mark.parametrize(
    "text",
    [
        "really?",
        "you know?",
        "haha right?",
        "lol what?",
        "真的吗？",
        "my mum died on sunday, how do people get through the first weeks?",
        "我妈妈上周去世了，大家是怎么熬过来的？",
        "!weather berlin tomorrow please?",
        "good morning everyone, how are you?",
        "this loaf turned out great today.",
    ],
)
def test_what_is_no_question_or_hurts_is_not_shown(heard: Heard, text: str) -> None:
    assert ids(heard(row("q", "ana", text, 0, thread="q"))) == []


def test_what_somebody_answered_is_not_shown(heard: Heard) -> None:
    asked = row("q", "ana", "does anyone know why my starter smells of paint?", 0, thread="q")
    assert ids(heard(asked, row("a", "ben", "it is hungry", HOUR, thread="q"))) == []
    assert ids(heard(asked, row("a", "ana", "nobody?", HOUR, thread="q"))) == ["q"], "its author is nobody else"


def test_a_question_to_one_person_is_not_shown(heard: Heard) -> None:
    before = row("m", "femi", "bread is out of the oven", 0, thread="m")
    named = row("q", "ana", "how long did you leave it in there, Femi?", HOUR, thread="q")
    called = row("r", "ana", "how long did you leave it in the oven?", 2 * HOUR, thread="r", mentions=["femi"])
    assert ids(heard(before, named, called)) == []


def test_bots_and_calls_ask_nothing_of_the_room(heard: Heard) -> None:
    bot = row("b", "news", "who wants to see the heron today?", 0, thread="b", bot=True)
    call = row("c", "ana", "@mochi how long does dough keep in the fridge?", HOUR, thread="c", mentions=["cameo"])
    assert ids(heard(bot, call)) == []


def test_of_a_question_asked_again_only_the_last_is_shown(heard: Heard) -> None:
    text = "does anyone know why my starter smells of paint?"
    assert ids(heard(row("q1", "ana", text, 0, thread="q1"), row("q2", "ana", text, 9 * HOUR, thread="q2"))) == ["q2"]


def test_a_question_whose_author_gives_thanks_is_settled(heard: Heard) -> None:
    asked = row("q", "ana", "does anyone know why my starter smells of paint?", 0)
    assert ids(heard(asked, row("t", "ana", "never mind, thanks", HOUR))) == []


def message(id: str, text: str, seconds: float) -> Message:
    return Shape().message(row(id, "ana", text, seconds))


def test_the_newest_that_is_understood_at_a_glance_comes_first() -> None:
    long = "why? " * PLAIN_CHARACTERS
    found = best([message("old", "why?", 0), message("new", "why so?", 5), message("longest", long, 9)])
    assert [one.post.id for one in found] == ["new", "old", "longest"]
