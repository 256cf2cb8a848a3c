"""Money: what providers report, in all shapes, and that no reading of it bills more than is charged."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.types import Usage
from bot.write.models import usage
from bot.write.models.failover import worst_case_usd
from bot.write.models.progress import Progress
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.write.house import NOWHERE, PRICE, House, Purse, compose, model


def told_by(completion: int, total: int | None = None, **thoughts: object) -> dict[str, Any]:
    """A report in OpenAI's names."""
    return {"prompt_tokens": 1000, "completion_tokens": completion, "total_tokens": total, **thoughts}


THOUGHTS = {"completion_tokens_details": {"reasoning_tokens": 800}}
GEMINI = {"promptTokenCount": 1000, "candidatesTokenCount": 100, "thoughtsTokenCount": 800, "totalTokenCount": 1900}
ANTHROPIC = {
    "input_tokens": 400,
    "cache_read_input_tokens": 500,
    "cache_creation_input_tokens": 100,
    "output_tokens": 9,
}


@pytest.mark.parametrize(
    ("told", "tokens"),
    [
        (told_by(100, 3100), (1000, 2100)),  # only in the total
        (told_by(100, 1100), (1000, 100)),
        (told_by(900, 1900, **THOUGHTS), (1000, 900)),  # among the output
        (told_by(100, 1900, **THOUGHTS), (1000, 900)),  # beside it
        (told_by(100, 1100, **THOUGHTS), (1000, 900)),  # beside it, and not in the total
        (told_by(100, reasoning_tokens=800), (1000, 900)),
        (told_by(900, reasoning_tokens=800), (1000, 1700)),  # nothing settles it: the more expensive reading
        (told_by(900, 1900, reasoning_tokens=800), (1000, 900)),
        (GEMINI, (1000, 900)),
        ({"input_tokens": 1000, "output_tokens": 100, "output_tokens_details": {"thinking_tokens": 800}}, (1000, 900)),
        (ANTHROPIC, (1000, 9)),
        (told_by(50, 1050, cache_read_input_tokens=500), (1000, 50)),
        (told_by(100, completion_tokens_details={"thinking": 800}), (1000, 900)),
        (told_by(100, completion_tokens_details=[{"reasoning_tokens": 800}]), (1000, 900)),
        (told_by(100, thoughts=800), (1000, 900)),
        (told_by(100, reasoning={"tokens": 800}), (1000, 900)),
        (told_by(100, cot_tokens=800), (1000, 900)),
        (told_by(100, thinking={"token_count": 800}), (1000, 900)),
        (told_by(100, total=1900), (1000, 900)),
        ({"prompt_tokens": "1000", "completion_tokens": "100", "total_tokens": "9100"}, (1000, 8100)),
        ({"input_tokens": "1000.0", "output_tokens": "100"}, (1000, 100)),
        (
            {
                "billed_units": {"input_tokens": 10, "output_tokens": 100},
                "tokens": {"input_tokens": 1000, "output_tokens": 900},
            },
            (1000, 900),
        ),
        # no tokens of thoughts, whatever they are called
        (told_by(100, thinking_budget=800, thinking_ms=800, reasoning_effort="high"), (1000, 100)),
        (told_by(100, thinking={"budget": 800}, reason="800", scotch=800), (1000, 100)),
        (told_by(100, prompt_tokens_details={"text_tokens": 800}, total_time=800), (1000, 100)),
        ({"completion_tokens": 700}, (77, 700)),
        ({"total_tokens": 1077}, (77, 1000)),
        ({"prompt_eval_count": 1000, "eval_count": 100}, (1000, 100)),
    ],
)
def test_thoughts_count_whatever_field_tells_them(told: dict[str, Any], tokens: tuple[int, int]) -> None:
    found = usage.parse(told, PRICE, sent=77)
    assert (found.input_tokens, found.output_tokens) == tokens
    assert usage.reported({"usage": told}) == told


COUNT = st.integers(0, 9000)
MAYBE = st.none() | COUNT


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, Any]:
    """A usage field in some provider's names, with any of its parts missing."""
    prompt, output, total, thoughts = draw(
        st.sampled_from([
            ("prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens"),
            ("input_tokens", "output_tokens", "total_tokens", "thinking_tokens"),
            ("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount"),
        ])
    )  # fmt: skip
    told: dict[str, Any] = {prompt: draw(MAYBE), output: draw(MAYBE), total: draw(MAYBE)}
    thinking = {thoughts: draw(MAYBE)}
    nested = draw(st.sampled_from(["", "completion_tokens_details", "output_tokens_details"]))
    return {**told, **({nested: thinking} if nested else thinking)}


def read(told: Mapping[str, Any], *names: str) -> int:
    """The count under any of these names, whatever level."""
    inner = [value for value in told.values() if isinstance(value, dict)]
    return max(int(place.get(name) or 0) for place in (told, *inner) for name in names)


@given(shapes(), st.integers(1, 5000), st.integers(0, 5000))
def test_no_reading_of_a_report_bills_more_than_is_charged(told: dict[str, Any], sent: int, received: int) -> None:
    prompt = read(told, "prompt_tokens", "input_tokens", "promptTokenCount")
    output = read(told, "completion_tokens", "output_tokens", "candidatesTokenCount")
    total = read(told, "total_tokens", "totalTokenCount")
    thoughts = read(told, "reasoning_tokens", "thinking_tokens", "thoughtsTokenCount")
    charged = usage.parse(told, PRICE, sent=sent, received=received)
    readings = [output, thoughts, total - (prompt or sent)]
    if not total or thoughts > max(output, total - (prompt or sent)):
        readings.append(output + thoughts)
    least = usage.cost(PRICE, fresh=prompt or sent, cached=0, output=max(readings))
    assert charged.cost_usd >= least - 1e-12
    assert charged.output_tokens * 2 >= received
    assert charged.cost_usd <= usage.cost(
        PRICE, fresh=prompt or sent, cached=0, output=output + thoughts + total + received
    )


@given(st.lists(shapes(), min_size=1, max_size=4))
def test_what_several_chunks_report_is_no_less_than_each_of_them(told: list[dict[str, Any]]) -> None:
    progress = Progress()
    for one in told:
        progress.take({"choices": [], "usage": one})
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert read(progress.reported or {}, name) == max(read(one, name) for one in told)


async def test_a_report_below_what_has_come_is_not_believed() -> None:
    text = "word " * 200
    step = Say(text, extra_usage={"completion_tokens": 1, "total_tokens": 0})
    async with ScriptedModel([step]) as server, House(model("a", server, price=PRICE)) as house:
        draft = await house.write()
    assert draft.usage.output_tokens >= 200


async def test_the_days_budget_holds_against_a_provider_that_bills_thoughts() -> None:
    """It bills 6,000 tokens where the limit says 100: the first answer tells, and no later one is risked."""
    bill = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 6120}
    settings = model("a", NOWHERE, price=PRICE, output_tokens=100, context_tokens=4000)
    one = (100 * 1.0 + 6020 * 4.0) / 1e6

    class Daily(Purse):
        """Pays until the day's money is used up."""

        def charge(self, model: str, usage: Usage) -> None:
            super().charge(model, usage)
            self.usd -= usage.cost_usd

    async with (
        ScriptedModel(lambda _: Say("fine", extra_usage=bill)) as server,
        House(settings.model_copy(update={"base_url": server.url})) as house,
    ):
        house.purse = Daily(usd := 3.5 * one)
        answers = 0
        while house.purse.usd > worst_case_usd(settings, compose(4000), 6020) and answers < 9:
            await house.write()
            answers += 1
        assert answers == 3 and 0 <= house.purse.usd < one and usd - 3 * one == pytest.approx(house.purse.usd)
        with pytest.raises(Exception, match="over_budget"):
            await house.write()
        assert len(server.requests) == 3
