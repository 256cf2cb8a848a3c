"""The second draft of a turn: what it is asked for, at most once, and what is said if it is no better."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.reasons import Reason
from bot.types import ModelError
from bot.write.guard import Look
from bot.write.models.finish import Finish
from bot.write.second_notes import NOTES, OR_PASS
from bot.write.second_try import TREATMENTS, Flaw, Occasion, Reviewed, reviewed
from tests.fakes.talk import US, comment, post
from tests.write.test_writer import CALL, COST, WORDS, Desk, desk

__all__ = ["desk"]  # a fixture

GOOD = "A week, under oil."
STIFF = "Great question! Pesto keeps a week."
LAID_OUT = "Pesto keeps:\n- a week\n- longer under oil"
ALL_FLAWS = {
    "dishonest": "I'm not an AI, trust me.",
    "empty": "...",
    "phrases": STIFF,
    "layout": LAID_OUT,
    "refusal": "I'm sorry, but I can't help with that.",
}


async def write(desk: Desk, drafts: Sequence[str], *, addressed: bool = True) -> tuple[str, str, int]:
    """Text, error, and how often the model was asked."""
    desk.pen.drafts = list(drafts)
    reason = Reason.ADDRESSED if addressed else Reason.EVERY_POST
    written = await desk.write(CALL, addressed=addressed, reason=reason)
    return written.text, written.error, len(desk.pen.prompts)


@pytest.mark.parametrize("flaw", ALL_FLAWS)
async def test_who_called_gets_the_better_second_draft(desk: Desk, flaw: str) -> None:
    assert await write(desk, [ALL_FLAWS[flaw], GOOD]) == (GOOD, "", 2)


@pytest.mark.parametrize(
    ("flaw", "line", "error"),
    [
        ("dishonest", "honest", "dishonest"),
        ("empty", "empty", "empty"),
        ("phrases", "stiff", "stiff"),
        ("layout", "stiff", "stiff"),
        ("refusal", "stiff", "stiff"),
    ],
)
async def test_after_two_bad_drafts_who_called_gets_a_line_each_time(
    desk: Desk, flaw: str, line: str, error: str
) -> None:
    for asked in (2, 4):
        assert await write(desk, [ALL_FLAWS[flaw]] * 9) == (WORDS.say(f"sign.{line}"), error, asked)


@pytest.mark.parametrize(("first", "second"), [(one, other) for one in ALL_FLAWS for other in ALL_FLAWS])
async def test_there_is_one_second_request_whatever_the_causes(desk: Desk, first: str, second: str) -> None:
    text, error, asked = await write(desk, [ALL_FLAWS[first], ALL_FLAWS[second], GOOD])
    assert asked == 2 and error and text != GOOD


@pytest.mark.parametrize(
    ("flaw", "asked"), [("dishonest", 1), ("empty", 1), ("phrases", 2), ("layout", 2), ("refusal", 2)]
)
async def test_uncalled_only_a_manner_is_asked_for_again_and_then_passed(desk: Desk, flaw: str, asked: int) -> None:
    assert await write(desk, [ALL_FLAWS[flaw]] * 9, addressed=False) == ("", "", asked)


async def test_uncalled_the_better_second_draft_is_said(desk: Desk) -> None:
    assert await write(desk, [STIFF, GOOD], addressed=False) == (GOOD, "", 2)
    assert await write(desk, [STIFF, "PASS"], addressed=False) == ("", "", 4)


@pytest.mark.parametrize("addressed", [True, False])
async def test_the_reason_stands_at_the_end_of_the_second_prompt(desk: Desk, addressed: bool) -> None:
    await write(desk, [LAID_OUT, GOOD], addressed=addressed)
    first, second = (prompt[-1].text for prompt in desk.pen.prompts)
    assert NOTES["layout"]["en"] not in first and NOTES["layout"]["en"] in second[-400:]
    assert (OR_PASS["en"] in second) is not addressed


async def test_both_drafts_are_paid_for(desk: Desk) -> None:
    desk.pen.drafts = [STIFF, GOOD]
    assert (await desk.write(CALL)).usage == COST + COST


async def test_a_model_without_a_word_is_asked_once_more_and_then_there_is_a_line_and_no_hourglass(desk: Desk) -> None:
    desk.pen.error = ModelError("empty")
    for _ in range(2):
        written = await desk.write(CALL)
        assert (written.text, written.sign, written.error) == (WORDS.say("sign.empty"), "", "empty")
    assert len(desk.pen.prompts) == 4
    assert (await desk.write(CALL, addressed=False, reason=Reason.UNANSWERED)).text == ""


# --- repetition ----------------------------------------------------------------------------------

SAID = "Pesto keeps a week in the fridge, if there is oil on top."


async def test_who_called_gets_an_answer_that_repeats_an_earlier_one_rather_than_none(desk: Desk) -> None:
    await desk.hears(post("o", US, SAID, -60))
    assert await write(desk, [SAID, GOOD]) == (GOOD, "", 2)
    assert await write(desk, [SAID, SAID]) == (SAID, "", 4)
    assert await write(desk, [SAID, "I'm not an AI, trust me."]) == (SAID, "", 6), "the first was true"


async def test_uncalled_what_was_said_before_is_passed_over(desk: Desk) -> None:
    await desk.hears(comment("o", "elsewhere", US, SAID, -60))
    assert await write(desk, [SAID, SAID], addressed=False) == ("", "", 2)
    assert await write(desk, [SAID, GOOD], addressed=False) == (GOOD, "", 4)


# --- endings -------------------------------------------------------------------------------------

WHOLE_AND_HALF = "It keeps a week. Under oil it kee"


@pytest.mark.parametrize(
    ("finish", "addressed", "drafts", "expected"),
    [
        (Finish.LENGTH, True, [WHOLE_AND_HALF], ("It keeps a week.\n[…]", "", 1)),
        (Finish.CUT_OFF, True, [WHOLE_AND_HALF], ("It keeps a week.\n[…]", "", 1)),
        (Finish.FILTERED, True, [WHOLE_AND_HALF] * 2, (WORDS.say("sign.held_back"), "held_back", 2)),
        (Finish.LENGTH, True, ["I wil"] * 2, (WORDS.say("sign.cut"), "cut", 2)),
        (Finish.CUT_OFF, True, ["I wil"] * 2, (WORDS.say("sign.cut"), "cut", 2)),
        (Finish.FILTERED, True, ["I wil"] * 2, (WORDS.say("sign.held_back"), "held_back", 2)),
        (Finish.LENGTH, False, [WHOLE_AND_HALF], ("", "", 1)),
        (Finish.CUT_OFF, False, [WHOLE_AND_HALF], ("", "", 1)),
        (Finish.FILTERED, False, [WHOLE_AND_HALF], ("", "", 1)),
    ],
)
async def test_a_cut_answer_never_looks_whole(
    desk: Desk, finish: Finish, addressed: bool, drafts: list[str], expected: tuple[str, str, int]
) -> None:
    desk.pen.finish = finish
    assert await write(desk, drafts, addressed=addressed) == expected


@given(st.text(max_size=300), st.sampled_from(list(Finish)[1:]), st.booleans())
def test_no_cut_text_is_left_as_it_was(text: str, finish: Finish, addressed: bool) -> None:
    found = reviewed(Look(text, "fine"), finish, Occasion("", addressed))
    if found.text is not None:
        assert addressed and finish is not Finish.FILTERED and found.text.endswith("\n[…]")
    else:
        assert found.flaw in (Flaw.CUT, Flaw.CUT_UNCALLED, Flaw.FILTERED)


def test_every_row_has_its_words() -> None:
    for row in TREATMENTS.values():
        assert not row.note or row.note in NOTES
        assert WORDS.say("sign.honest" if row.line == "dishonest" else f"sign.{row.line}")
    assert {flaw.value for flaw in Flaw} <= TREATMENTS.keys()
    assert Reviewed(None, "passed").treatment.note == ""


# --- what was asked for comes whole --------------------------------------------------------------


async def test_code_that_was_asked_for_comes_whole(desk: Desk) -> None:
    code = "```python\n" + "".join(f"line_{number} = {number}\n" for number in range(290)) + "```"
    assert 4000 < len(code) < 5000
    asked = post("k", "Ana", "@mochi write me a python script that counts lines")
    desk.pen.drafts = [code]
    assert (await desk.write(asked)).text == code
    assert NOTES["whole"]["en"] in desk.pen.prompts[-1][-1].text
    await write(desk, [GOOD])
    assert NOTES["whole"]["en"] not in desk.pen.prompts[-1][-1].text


async def test_a_wish_may_come_in_several_messages(desk: Desk) -> None:
    code = " ".join(f"Step number {number} of the many." for number in range(90))
    await desk.hears(
        comment("w0", "w", "Ben", "write me a python script", -90),
        comment("w1", "w", "Ana", "@mochi explain it in detail please", -30),
    )
    last = comment("w2", "w", "Ana", "the whole thing", 0)
    desk.pen.drafts = [code, code]
    assert (await desk.write(last)).text == code
    desk.pen.drafts = [code, code]
    assert len((await desk.write(comment("w3", "w", "Eve", "mochi?", 5))).text) < 1800


async def test_a_speech_that_nobody_asked_for_is_cut_to_the_personas_measure(desk: Desk) -> None:
    speech = "".join(f"Sentence {number} has eight words in it, too. " for number in range(60))
    called, _, _ = await write(desk, [speech])
    uncalled, _, _ = await write(desk, [speech], addressed=False)
    most = desk.writer._policy.current.personas["mochi"].max_words
    assert most < len(called.split()) <= most * 1.5 and len(uncalled.split()) <= most
    assert called.endswith(".") and uncalled.endswith(".")
