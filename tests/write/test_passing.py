"""A pass in whatever words, and planning before the answer; what members could say stays."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.write.guard import look
from bot.write.persona import Persona

ROWS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("passes.yaml").read_text("utf-8"))
MOCHI = Persona(name="Mochi", also_called=("小麻薯",), tagline="an AI", voice="soft")
THREAD = ("Ana", "Ben")


@pytest.mark.parametrize("draft", [*ROWS["pass"], *ROWS["held_out"]["pass"]])
def test_a_pass_in_other_words_is_never_said(draft: str) -> None:
    assert (
        look(draft, MOCHI, addressed=False, speakers=THREAD).text,
        look(draft, MOCHI, addressed=False, speakers=THREAD).reason,
    ) == (None, "passed")
    assert (
        look(draft, MOCHI, addressed=True, speakers=THREAD).text,
        look(draft, MOCHI, addressed=True, speakers=THREAD).reason,
    ) == (None, "empty")


@pytest.mark.parametrize("draft", ROWS["pass_uncalled"])
def test_uncalled_a_doubtful_word_is_a_pass(draft: str) -> None:
    assert look(draft, MOCHI, addressed=False, speakers=THREAD).reason == "passed"


@pytest.mark.parametrize("draft", [*ROWS["said"], *ROWS["held_out"]["said"]])
@pytest.mark.parametrize("addressed", [True, False])
def test_what_only_looks_like_a_pass_or_a_plan_is_said(draft: str, addressed: bool) -> None:
    assert look(draft, MOCHI, addressed=addressed, speakers=THREAD).text == draft


@pytest.mark.parametrize(("draft", "said"), [*ROWS["taken_off"], *ROWS["held_out"]["taken_off"]])
@pytest.mark.parametrize("addressed", [True, False])
def test_planning_is_taken_off(draft: str, said: str, addressed: bool) -> None:
    assert look(draft, MOCHI, addressed=addressed, speakers=THREAD).text == said


@pytest.mark.parametrize("draft", ["Skip.", "None.", "Pass.", "Nothing."])
def test_who_called_may_get_a_short_answer(draft: str) -> None:
    assert look(draft, MOCHI, addressed=True, speakers=THREAD).text == draft
