"""Models that answer without a word are told apart from models that fail."""

import pytest

from tests.fakes.scripted_model import Fail, Say, ScriptedModel, Step
from tests.write.house import House, failing, model


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([Say("")], "empty"),
        ([Say("", thinking="hm")], "empty"),
        ([Fail(401)], "models_failed"),
        ([Say("", finish="content_filter")], "models_failed"),
    ],
)
async def test_an_answer_without_a_word_is_empty_and_no_failure(steps: list[Step], code: str) -> None:
    async with ScriptedModel(steps * 3) as server, House(model("a", server)) as house:
        await failing(house, code)


async def test_one_model_that_fails_beside_an_empty_one_is_a_failure() -> None:
    async with (
        ScriptedModel([Say("")]) as empty,
        ScriptedModel([Fail(401)]) as broken,
        House(model("a", empty), model("b", broken)) as house,
    ):
        await failing(house, "models_failed")
